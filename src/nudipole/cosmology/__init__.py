"""The early Universe: thermal rates, Big Bang nucleosynthesis, N_eff."""
