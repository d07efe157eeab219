"""One repository per noun: frozen values in and out, rows stay here."""
