"""``python -m xinzhi``."""

from xinzhi.cli import main

if __name__ == "__main__":
    main()
