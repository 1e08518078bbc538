"""What a person may ask of us: to be forgotten, and to be shown what was received of them."""
