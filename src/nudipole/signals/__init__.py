"""Ways of seeing N: each turns a flux, a process and a detector into a SignalTemplate."""
