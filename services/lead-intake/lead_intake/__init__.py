"""lead-intake: takes in every inquiry a business gets, and loses none."""
