"""Docker engines as hosts: how each is reached, what it is asked, and how its containers come to answer."""
