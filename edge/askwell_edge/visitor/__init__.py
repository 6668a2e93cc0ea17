"""What browsers and apps talk to. No answer holds a contact's field or a segment's name."""
