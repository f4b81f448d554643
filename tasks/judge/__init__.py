"""The judge step: what is sent to a judge and why, how it is asked, and what of its reply may be believed."""
