"""Loss reasons: the catalogue of why leads are refused and deals are lost."""
