"""Short names of constraints, for figures where a title has no room."""

from __future__ import annotations

from nudipole.errors import UnknownNameError

# key -> name on a curve; electron and nuclear recoils of one detector differ by "CEνNS", as in the literature
SHORT: dict[str, str] = {
    "bbn": "BBN",
    "bebc": "BEBC",
    "belle-ii": "Belle II",
    "besiii": "BESIII",
    "borexino": "Borexino",
    "borexino-superk-earth": "Borexino+SK (Earth)",
    "ccm": "CCM",
    "cepc": "CEPC",
    "charm": "CHARM",
    "charm-ii": "CHARM-II",
    "cmb": "CMB",
    "coherent-csi": "COHERENT CsI",
    "coherent-ge": "COHERENT Ge",
    "coherent-lar": "COHERENT Ar",
    "coherent-nai": "COHERENT NaI",
    "connie": "CONNIE",
    "conus": "CONUS",
    "conus-plus": "CONUS+",
    "donut": "DONUT",
    "dresden-ii": "Dresden-II",
    "dune-earth": "DUNE (Earth)",
    "dune-fd": "DUNE FD",
    "dune-nd": "DUNE ND",
    "facet": "FACET",
    "faser": "FASER",
    "faser2": "FASER2",
    "fasernu": "FASERν",
    "fasernu2": "FASERν2",
    "fcc-ee": "FCC-ee",
    "flare-10": "FLArE-10",
    "flare-100": "FLArE-100",
    "gemma": "GEMMA",
    "hike": "HIKE",
    "hyper-k": "Hyper-K",
    "icarus": "ICARUS",
    "icecube": "IceCube",
    "juno-earth": "JUNO (Earth)",
    "lep": "LEP",
    "lhc-monophoton": "LHC",
    "lsnd": "LSND",
    "lz-cevns": "LZ CEνNS",
    "lz-nees": "LZ",
    "microboone": "MicroBooNE",
    "minerva": "MINERvA",
    "miniboone": "MiniBooNE",
    "miniboone-dump": "MiniBooNE dump",
    "miniboone-lsnd-roi": "MB+LSND excess",
    "miniboone-roi": "MB excess",
    "na62": "NA62",
    "naturalness": "natural",
    "nomad": "NOMAD",
    "nucal": "NuCal",
    "nucleus": "NUCLEUS",
    "pandax4t-cevns": "PandaX-4T CEνNS",
    "pandax4t-nees": "PandaX-4T",
    "red-giants": "red giants",
    "sbnd": "SBND",
    "ship-ecc": "SHiP ECC",
    "ship-main": "SHiP",
    "ship-mesons": "SHiP (mesons)",
    "sn1987a": "SN1987A",
    "stcf": "STCF",
    "supercdms": "SuperCDMS",
    "superk-atmospheric": "SK (atm.)",
    "superk-double-bang": "SK (double)",
    "superk-solar": "SK (solar)",
    "supernova-energy": "SN energy",
    "supernova-next": "next SN",
    "t2k-ii": "T2K-II",
    "t2k-nd280": "ND280",
    "texono-csi": "TEXONO CsI",
    "texono-ge": "TEXONO Ge",
    "uv-leptoquark": "leptoquark",
    "uv-loop": "UV loop",
    "uv-vector-like-lepton": "vector-like lepton",
    "xenon-cevns-combined": "Xe CEνNS combined",
    "xenon-nees-combined": "Xe combined",
    "xenon1t-er": "XENON1T",
    "xenon1t-nr": "XENON1T CEνNS",
    "xenonnt-cevns": "XENONnT CEνNS",
    "xenonnt-nees": "XENONnT",
    "xlzd": "XLZD",
}


def short(key: str) -> str:
    """The name on a curve: of the table :data:`SHORT`, else the title of the constraint, else the key itself.

    Examples
    --------
    >>> short("lz-nees"), short("my-detector")
    ('LZ', 'my-detector')
    """
    if key in SHORT:
        return SHORT[key]
    if key.partition(":")[0] in SHORT:
        return SHORT[key.partition(":")[0]]
    from nudipole.catalogue import registry

    try:
        return registry.get(key).title
    except UnknownNameError:
        return key
