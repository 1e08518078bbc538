"""How much of what a contact's card is expected to tell is there."""

from crm_core.contacts.rules import completeness_of, missing


def test_a_contacts_card_is_expected_to_tell_name_contact_company_and_tax_number() -> None:
    assert missing({}, [], None, {}) == ["name", "contact", "company", "legal.tax_number"]
    some = missing({"full_name": "Anna"}, ["+79990000001"], None, {"inn": "7707083893"})
    assert (some, completeness_of(some)) == (["company"], 0.75)
