from adapters.database import ORDERS


def main() -> str:
    return f"sold: {ORDERS[1]}"
