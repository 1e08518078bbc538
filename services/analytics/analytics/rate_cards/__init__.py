"""What suppliers of leads are paid: a price for each lead or each action, under rules that a lead must keep."""
