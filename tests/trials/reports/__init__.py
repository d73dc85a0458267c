"""Public reports of gradient checks that failed, or passed, as they should not: each made small."""
