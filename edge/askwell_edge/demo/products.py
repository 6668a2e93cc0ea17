"""What the demo shop sells, and what lies in the cart."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """`picture` names a drawing in `templates/pictures.html`; the price is in euros."""

    picture: str
    name: str
    line: str
    price: int


KETTLE = Product("kettle", "Pouring kettle", "Enamel, 0.9 l, with a calm spout", 68)
BOWL = Product("bowl", "Everyday bowl", "Stoneware, glazed by hand", 24)
LAMP = Product("lamp", "Table lamp", "Oak and linen, warm light", 112)
BOARD = Product("board", "Bread board", "One piece of ash, oiled", 46)
JAR = Product("jar", "Storage jar", "Glass, with a lid that fits", 18)
PLANT = Product("plant", "Kitchen basil", "In a pot that waters itself", 29)

PRODUCTS = (KETTLE, BOWL, LAMP, BOARD, JAR, PLANT)
CART = ((KETTLE, 1), (BOWL, 2))
TOTAL = sum(product.price * count for product, count in CART)
