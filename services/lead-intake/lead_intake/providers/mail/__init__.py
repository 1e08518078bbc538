"""Raw e-mail: a message becomes an inquiry of the person who really wrote it, or is ignored for a reason."""
