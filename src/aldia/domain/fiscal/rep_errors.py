"""What a payment complement may not say: one refusal for each rule, with the authority's code where it has one.

Matriz de errores of the complement 2.0, revisión B
(http://omawww.sat.gob.mx/tramitesyservicios/Paginas/recepcion_de_pagos.htm). `document` in a sentence is the invoice by
series and folio, `payment` the place of the receipt in the complement, from 1.
"""

from __future__ import annotations

from aldia.domain.sentences import Refusal, gettext_noop


class RepError(Refusal):
    """Base of all. `code` is the authority's own (CRP20…), or a word where no rule of the matrix says it alone."""

    code = "rep"


class NoPayments(RepError):
    code = "no_payments"
    template = gettext_noop("Un complemento lleva al menos un pago.")


class NoDocuments(RepError):
    code = "no_documents"
    template = gettext_noop("El pago %(payment)s no dice qué factura paga.")


class UndefinedForm(RepError):
    code = "CRP20212"
    template = gettext_noop("El pago %(payment)s necesita la forma en que se recibió; 99 «Por definir» no se admite.")


class UnusableCurrency(RepError):
    """CRP20213 of the payment, CRP20236 of a document: XXX and what is no currency of ISO 4217."""

    code = "CRP20213"
    template = gettext_noop("La moneda «%(currency)s» no sirve para un pago.")


class RateMissing(RepError):
    code = "CRP20214"
    template = gettext_noop("El pago %(payment)s es en %(currency)s y necesita su tipo de cambio.")


class RateUnwanted(RepError):
    code = "CRP20215"
    template = gettext_noop("El pago %(payment)s es en pesos y su tipo de cambio es 1.")


class PaidMoreThanAmount(RepError):
    code = "CRP20217"
    template = gettext_noop("Lo pagado de las facturas (%(paid)s) pasa del monto del pago %(payment)s (%(amount)s).")


class NoAmount(RepError):
    code = "CRP20218"
    template = gettext_noop("El monto del pago %(payment)s debe ser mayor que cero.")


class AccountsUnwanted(RepError):
    """CRP20221, 24, 27 and 28: only forms that go through a bank name bank and account."""

    code = "CRP20221"
    template = gettext_noop("La forma de pago %(form)s del pago %(payment)s no lleva banco ni cuenta.")


class ForeignBankUnnamed(RepError):
    code = "CRP20223"
    template = gettext_noop("El pago %(payment)s viene de un banco extranjero y necesita el nombre del banco.")


class BadPayerAccount(RepError):
    code = "CRP20225"
    template = gettext_noop("La cuenta de quien pagó («%(account)s») no es de las que lleva la forma de pago %(form)s.")


class BadPayeeAccount(RepError):
    code = "CRP20226"
    template = gettext_noop("La cuenta que recibió («%(account)s») no es de las que lleva la forma de pago %(form)s.")


class ChainUnwanted(RepError):
    code = "CRP20229"
    template = gettext_noop("Solo una transferencia (forma 03) lleva la cadena del SPEI.")


class ChainIncomplete(RepError):
    """CRP20230, 32 and 34: certificate, chain and seal go together with its type."""

    code = "CRP20230"
    template = gettext_noop("La cadena del SPEI del pago %(payment)s va con su certificado, su cadena y su sello.")


class ChainUntyped(RepError):
    """CRP20231, 33 and 35: without a type of chain there is none of the three."""

    code = "CRP20231"
    template = gettext_noop("El pago %(payment)s trae datos del SPEI sin el tipo de cadena.")


class NothingOwed(RepError):
    code = "CRP20239"
    template = gettext_noop("El saldo anterior de la factura %(document)s debe ser mayor que cero.")


class NothingPaid(RepError):
    code = "CRP20241"
    template = gettext_noop("El importe pagado de la factura %(document)s debe ser mayor que cero.")


class PaidMoreThanOwed(RepError):
    code = "CRP20244"
    template = gettext_noop("De la factura %(document)s se pagan %(paid)s y solo se debían %(owed)s.")


class TaxesMissing(RepError):
    code = "CRP20246"
    template = gettext_noop("La factura %(document)s es objeto de impuesto y no se dice cuáles.")


class TaxesUnwanted(RepError):
    code = "CRP20247"
    template = gettext_noop("La factura %(document)s lleva objeto de impuesto %(object)s y no puede llevar impuestos.")


class TaxesUntransferred(RepError):
    code = "CRP20278"
    template = gettext_noop("La factura %(document)s lleva objeto de impuesto %(object)s: ni IVA ni IEPS.")


class OnlyIeps(RepError):
    code = "CRP20279"
    template = gettext_noop("La factura %(document)s lleva objeto de impuesto 07: sin IVA, y con IEPS.")


class ExemptWithheld(RepError):
    code = "CRP20252"
    template = gettext_noop("La factura %(document)s trae una retención exenta, que no existe.")


class UnknownRate(RepError):
    code = "CRP20260"
    template = gettext_noop("La factura %(document)s trae IVA a una tasa (%(rate)s) que el complemento no admite.")


class ShareOutOfLimits(RepError):
    code = "CRP20275"
    template = gettext_noop("Lo pagado de la factura %(document)s no corresponde a su parte del pago %(payment)s.")


class AmountOutOfLimits(RepError):
    code = "CRP20276"
    template = gettext_noop(
        "El monto del pago %(payment)s es %(amount)s y lo que se aplica a sus facturas está entre %(low)s y %(high)s."
    )


class ShareDiffers(RepError):
    code = "share"
    template = gettext_noop("La factura %(document)s está en la moneda del pago: toma de él lo mismo que se paga.")


class PaidMoreThanInvoice(RepError):
    code = "total"
    template = gettext_noop("De la factura %(document)s quedaría pagado más que su total.")


class BadPartiality(RepError):
    code = "partiality"
    template = gettext_noop("La parcialidad %(part)s de la factura %(document)s no corresponde a lo pagado antes.")
