"""Double opt-in by mail: the link that is sent, the page behind it, and what follows when nobody comes."""
