"""What a person may ask of us: to be forgotten, and to be shown everything that is known of them."""
