"""What telephony providers share: values of their notices, and one call made of several."""
