"""What rules do that whoever wrote them cannot have meant, one module for each kind of it; `linter.lint` is the whole.

What is said is proven: by reasoning about every number that there can be, or by asking a rule's own matchers.
"""
