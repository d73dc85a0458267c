"""Eight layers, three right and five wrong, once in each framework."""
