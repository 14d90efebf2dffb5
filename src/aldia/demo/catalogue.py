"""What the distributor sells, and the lines of an order: keys of SAT's catalogues, units, prices in centavos."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from aldia.demo.people import DemoCustomer
from aldia.domain.fiscal.drafts import (
    IVA_0,
    IVA_8,
    IVA_16,
    IVA_EXEMPT,
    IVA_WITHHELD_FREIGHT,
    DraftLine,
    DraftTax,
    half_up,
    plain_line,
)


@dataclass(frozen=True, slots=True)
class Product:
    """A product: `price` in centavos per unit; `by_weight` ones are sold with decimals."""

    code: str
    key: str
    unit_key: str
    unit: str
    description: str
    price: int
    taxes: tuple[DraftTax, ...] = (IVA_16,)
    by_weight: bool = False


PRODUCTS = (
    Product("LIM-020", "47131805", "H87", "Cubeta", "Limpiador multiusos lavanda, cubeta de 20 L", 38_900),
    Product("LIM-004", "47131805", "XBX", "Caja", "Desengrasante industrial, caja con 4 galones", 61_250),
    Product("LIM-012", "47131502", "XPK", "Paquete", "Paño de microfibra 40 × 40 cm, paquete con 12", 18_790),
    Product("JAB-010", "53131608", "XBX", "Caja", "Jabón líquido para manos, caja con 10 litros", 47_830),
    Product("PAP-024", "14111704", "XBX", "Caja", "Papel higiénico jumbo 180 m, caja con 12 rollos", 52_400),
    Product("PAP-018", "14111703", "XBX", "Caja", "Toalla interdoblada, caja con 2,000 hojas", 36_650),
    Product("BOL-060", "47121701", "KGM", "Kilo", "Bolsa para basura negra 90 × 120 cm", 5_480, by_weight=True),
    Product("BOL-025", "24111503", "XPK", "Paquete", "Bolsa camiseta biodegradable, paquete con 500", 21_370),
    Product("EMP-040", "24121503", "XPK", "Paquete", "Caja de cartón corrugado 40 × 30 × 30, paquete con 25", 33_900),
    Product("EMP-150", "31201512", "XBX", "Caja", "Cinta de empaque transparente 150 m, caja con 36", 79_920),
    Product("DES-008", "52151504", "XBX", "Caja", "Vaso térmico 8 oz, caja con 1,000", 68_150),
    Product("DES-009", "52151502", "XBX", "Caja", 'Plato biodegradable 9", caja con 500', 59_730),
    Product("SEG-100", "42132203", "XBX", "Caja", "Guante de nitrilo azul, caja con 10 dispensadores", 112_600),
    Product("PIL-048", "26111702", "XPK", "Paquete", "Pila alcalina AA, paquete con 48", 43_260),
    Product("ABA-050", "50161509", "XSA", "Bulto", "Azúcar estándar, bulto de 50 kg", 108_500, (IVA_0,)),
    Product("ABA-025", "50221101", "XSA", "Bulto", "Arroz súper extra, bulto de 25 kg", 61_900, (IVA_0,)),
    Product("ABA-360", "50131609", "XBX", "Caja", "Huevo blanco, caja con 360 piezas", 94_750, (IVA_0,)),
    Product("ABA-012", "50151513", "XBX", "Caja", "Aceite vegetal comestible, caja con 12 litros", 46_980, (IVA_0,)),
    Product("CAF-005", "50201706", "KGM", "Kilo", "Café de altura tostado y molido", 23_450, (IVA_0,), by_weight=True),
    Product("LIB-001", "55101509", "H87", "Pieza", "Manual de buenas prácticas de higiene", 26_000, (IVA_EXEMPT,)),
)
_EDIBLE_AND_BOOKS = frozenset({"ABA-050", "ABA-025", "ABA-360", "ABA-012", "CAF-005", "LIB-001"})
_WEIGHTS = [3 if product.code in _EDIBLE_AND_BOOKS else 5 for product in PRODUCTS[:-1]] + [1]
_TOTAL_WEIGHT = sum(_WEIGHTS)
_CUMULATIVE = [sum(_WEIGHTS[: place + 1]) for place in range(len(_WEIGHTS))]


def order_lines(customer: DemoCustomer, rng: Random, exchange_rate: int) -> tuple[DraftLine, ...]:
    """One to five different products, in the customer's currency and with the taxes of where it is."""
    chosen = dict.fromkeys(rng.choices(PRODUCTS, cum_weights=_CUMULATIVE, k=rng.choice((1, 2, 2, 3, 3, 4, 5))))
    size = 4 + customer.weight // 5
    percent_off = rng.choice((3, 5, 8)) if rng.random() < 0.15 else 0
    lines = []
    for product in chosen:
        quantity = max(1, size * rng.randrange(25, 220) // 100) * 1000
        quantity = quantity * 4 + rng.randrange(0, 1000, 50) if product.by_weight else quantity
        lines.append(_line(product, quantity, customer, exchange_rate, percent_off))
    if not percent_off and rng.random() < 0.05 and customer.currency == "MXN" and len(customer.rfc) == 12:
        lines.append(_freight(rng))
    return tuple(lines)


def single_line(customer: DemoCustomer, rng: Random) -> DraftLine:
    """A made-to-order batch of one taxed product: what customers pay an advance for."""
    product = PRODUCTS[rng.choice((8, 9, 10, 11, 12))]
    return _line(product, rng.randrange(60, 160) * 1000, customer, 0, 0)


def _line(product: Product, quantity: int, customer: DemoCustomer, exchange_rate: int, percent_off: int) -> DraftLine:
    price = half_up(product.price * 1_000_000, exchange_rate) if exchange_rate else product.price
    line = plain_line(
        product.key,
        product.unit_key,
        product.description,
        quantity,
        price,
        _taxes_of(product, customer),
        identification=product.code,
        unit=product.unit,
    )
    if not percent_off:
        return line
    return replace(line, discount=half_up(line.amount * percent_off, 100))


def _taxes_of(product: Product, customer: DemoCustomer) -> tuple[DraftTax, ...]:
    if customer.party.foreign_id:
        return (IVA_0,)
    if customer.at_border and product.taxes == (IVA_16,):
        return (IVA_8,)
    return product.taxes


def _freight(rng: Random) -> DraftLine:
    """Freight of goods: a company that pays it withholds 4 % of IVA (LIVA 1-A II c, RLIVA 3 II)."""
    price = rng.randrange(85_000, 460_000, 1_000)
    description = "Flete terrestre de mercancía a domicilio"
    return plain_line("78101802", "E48", description, 1000, price, (IVA_16, IVA_WITHHELD_FREIGHT), unit="Servicio")
