"""The life cycles of industries: phases of net entry, shakeouts, growth to a ceiling, and time on each rung."""
