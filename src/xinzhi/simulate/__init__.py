"""How new quality productive forces grow: universities, entrepreneurs, firms, capital, talent, parks and energy."""
