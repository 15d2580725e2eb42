"""Redis: what is kept there, and the atomic steps by which one stage hands over to the next."""
