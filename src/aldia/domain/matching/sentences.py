"""The engine's sentences, by code."""

from __future__ import annotations

from aldia.domain.sentences import gettext_noop

KINDS = {
    "duplicate": gettext_noop(
        "Es el mismo movimiento que ya estaba: misma cuenta, misma clave de rastreo, mismo importe."
    ),
    "return": gettext_noop("El banco devolvió un depósito anterior (misma clave de rastreo): se deshace lo que pagó."),
    "return_unknown": gettext_noop("Parece una devolución, pero no está el depósito que se devuelve."),
    "own_return": gettext_noop("Es un pago nuestro que el banco devolvió: no es cobranza."),
    "charge": gettext_noop("Es un cargo: no es cobranza."),
    "own_transfer": gettext_noop("Es un traspaso entre cuentas propias: no es cobranza."),
    "fee": gettext_noop("Es una comisión o un impuesto del banco: no es cobranza."),
    "interest": gettext_noop("Son intereses o rendimientos: no es cobranza."),
}
NOTHING = gettext_noop("No hay ningún documento que este depósito pueda pagar.")
NO_PAYER = gettext_noop("El banco no dice quién pagó.")
FLAGS = {
    "ambiguous": gettext_noop("«%(value)s» puede ser de varios clientes."),
    "external": gettext_noop("Paga «%(value)s», que no es ninguno de tus clientes."),
    "shared": gettext_noop("«%(value)s» paga por varios clientes: solo los folios dicen por cuál."),
    "contradiction": gettext_noop(
        "Los datos de quien paga se contradicen: «%(value)s» es de otro cliente que el nombre."
    ),
}
PAYERS = {
    "collection_account": gettext_noop("Llegó a la cuenta de cobro %(value)s, que es solo de %(customer)s."),
    "tax_id": gettext_noop("El RFC o identificador %(value)s es de %(customer)s."),
    "learned_tax_id": gettext_noop("Se aprendió que %(value)s paga por %(customer)s."),
    "learned_account": gettext_noop("Se aprendió que la cuenta %(value)s es de %(customer)s."),
    "learned_name": gettext_noop("Se aprendió que «%(value)s» paga por %(customer)s."),
    "name": gettext_noop("«%(value)s» es el nombre de %(customer)s."),
    "name_cut": gettext_noop("«%(value)s» es el comienzo del nombre de %(customer)s, y de nadie más."),
    "name_alike": gettext_noop("«%(value)s» se parece a %(customer)s."),
}
SUPPORTS = {
    "uuid": gettext_noop("El concepto cita el folio fiscal de %(documents)s."),
    "series": gettext_noop("El concepto cita %(documents)s con serie y folio."),
    "keyword": gettext_noop("El concepto cita la factura %(documents)s."),
    "number": gettext_noop("El concepto lleva el número de %(documents)s."),
    "reference": gettext_noop("La referencia numérica es el folio de %(documents)s."),
    "some": gettext_noop("De los números del concepto, los de %(documents)s suman el importe."),
    "part": gettext_noop("El concepto cita una parte de %(documents)s; los demás completan el importe."),
    "history": gettext_noop("Ya hubo pagos del mismo importe de %(documents)s."),
    "link": gettext_noop("Es el pago de nuestra liga: misma referencia y mismo importe."),
    "trace": gettext_noop("El cliente avisó de este pago con su clave de rastreo."),
    "portal": gettext_noop("El cliente avisó en su portal de un pago por este importe."),
    "complement": gettext_noop("Hay un complemento de pago por este importe y esta fecha."),
    "unknown": gettext_noop("El concepto cita un folio que no corresponde a este documento."),
    "mismatch": gettext_noop("El concepto cita otro documento del mismo cliente."),
}
FAMILIES = {
    "declared": gettext_noop("Paga lo que se avisó: %(documents)s, %(amount)s."),
    "known": gettext_noop("El pago de %(gross)s de %(customers)s ya estaba registrado: este es su depósito."),
    "payout": gettext_noop("Son %(count)s pagos ya registrados que suman %(gross)s: %(customers)s."),
    "exact": gettext_noop("%(documents)s: se deben %(owed)s y llegaron exactamente %(amount)s."),
    "all_open": gettext_noop("Son %(amount)s: todo lo que el cliente debe, %(count)s documentos."),
    "all_due": gettext_noop("Son %(amount)s: todo lo vencido, %(count)s documentos."),
    "oldest_first": gettext_noop("Los %(count)s documentos que vencieron primero suman exactamente %(amount)s."),
    "month": gettext_noop("Los %(count)s documentos de un mes suman exactamente %(amount)s."),
    "run": gettext_noop("%(count)s documentos seguidos suman exactamente %(amount)s."),
    "all_but_one": gettext_noop("Todo lo que se debe menos un documento suma exactamente %(amount)s."),
    "pair": gettext_noop("%(documents)s suman exactamente %(amount)s."),
    "triple": gettext_noop("%(documents)s suman exactamente %(amount)s."),
    "quad": gettext_noop("%(documents)s suman exactamente %(amount)s."),
    "any": gettext_noop("%(count)s documentos suman exactamente %(amount)s: %(documents)s."),
    "completed": gettext_noop("%(documents)s suman exactamente %(amount)s."),
    "credit_note": gettext_noop("%(documents)s menos una nota de crédito de %(missing)s da exactamente %(amount)s."),
    "withholding": gettext_noop("Faltan %(missing)s de %(owed)s: es exactamente la retención de impuestos."),
    "discount": gettext_noop("Faltan %(missing)s de %(owed)s: es el descuento por pronto pago acordado."),
    "late_discount": gettext_noop("Faltan %(missing)s de %(owed)s: es el descuento por pronto pago, fuera de plazo."),
    "rounding": gettext_noop("%(documents)s: la diferencia es de centavos."),
    "fee": gettext_noop("Faltan %(missing)s de %(owed)s: es lo que el banco cobra por la transferencia."),
    "commission": gettext_noop("Faltan %(missing)s de %(owed)s: es la comisión con su IVA."),
    "instalment": gettext_noop("%(amount)s es la siguiente parcialidad de %(documents)s."),
    "partial": gettext_noop("%(amount)s es un pago parcial de %(documents)s: se deben %(owed)s."),
    "surplus": gettext_noop(
        "Se deben %(owed)s de %(documents)s y llegaron %(left)s de más: quedarían a favor del cliente."
    ),
    "short": gettext_noop("De %(documents)s se deben %(owed)s y llegaron %(amount)s: falta sin explicación."),
    "unexplained": gettext_noop("De %(documents)s se deben %(owed)s y faltan %(missing)s: ¿comisión, retención?"),
    "first_part": gettext_noop("%(amount)s puede ser la primera parcialidad de %(documents)s."),
    "exchange": gettext_noop("Al tipo de cambio del día, %(amount)s equivalen a %(documents)s."),
    "oldest_part": gettext_noop("Nada suma %(amount)s: se propone pagar lo que venció primero."),
    "advance": gettext_noop("Se propone dejar %(amount)s como anticipo a favor del cliente."),
    "amount_only": gettext_noop("De %(documents)s se deben exactamente %(amount)s; es lo único que coincide."),
}
RECOGNISED = {
    "key": gettext_noop("El pago registrado lleva la misma clave de rastreo."),
    "group": gettext_noop("El proveedor dijo qué pagos vienen en este depósito."),
    "day": gettext_noop("Son todos los cobros de uno o más días seguidos del mismo origen."),
}
KNOWN_FEE = gettext_noop("Se descontó %(fee)s de comisión.")
CHANCE = gettext_noop("Una coincidencia así se esperaría por azar 1 vez en %(once)s.")
RECORD = gettext_noop("Casos iguales hasta hoy: %(right)s bien, %(wrong)s mal.")
SHADOW = gettext_noop("Casos así todavía se proponen: se aplicarán solos cuando tu historial lo demuestre.")
YOUNG = gettext_noop("Tu historial de casos así es corto: por encima de %(cap)s se pregunta.")
PAUSED = gettext_noop("Casos así se dejaron de aplicar solos porque hubo errores.")
POLICY = gettext_noop("Se acordó con el cliente pagar primero lo que venció primero.")
VETOES = {
    "over_cap": gettext_noop("El importe rebasa lo que se permite aplicar sin preguntar."),
    "contradiction": gettext_noop("Los datos de quien paga se contradicen."),
    "other_payer": gettext_noop("Quien paga es otro cliente que el del documento."),
    "payer_unknown": gettext_noop("Sin saber quién pagó y sin folio, un importe igual no basta."),
    "not_open": gettext_noop("Alguno de los documentos ya no debe nada."),
    "issued_after": gettext_noop("El documento se emitió después del depósito."),
    "sibling": gettext_noop("Hay otro documento del cliente por el mismo importe: ¿cuál se paga?"),
    "common_amount": gettext_noop("No se sabe quién pagó y el importe es redondo o lo debe alguien más."),
    "chance": gettext_noop("Con tantos documentos abiertos, que sumen el importe puede ser casualidad."),
    "has_partials": gettext_noop("El documento ya tiene pagos parciales: la diferencia puede ser otra parcialidad."),
    "instalment_or_document": gettext_noop("Puede ser una parcialidad, o el pago completo de otro documento."),
    "cites_other": gettext_noop("El concepto cita otro documento."),
    "cites_paid": gettext_noop("El concepto cita un documento que ya está pagado: puede ser un pago doble."),
    "says_advance": gettext_noop("El concepto habla de un anticipo."),
    "says_partial": gettext_noop("El concepto habla de un pago parcial."),
    "two_solutions": gettext_noop("Hay otra explicación casi igual de buena."),
    "doubtful_number": gettext_noop("El número citado es de dos documentos del cliente, de series distintas."),
    "twin": gettext_noop("Hay otro pago igual del mismo cliente en estos días: uno puede ser doble."),
    "on_books": gettext_noop(
        "Ya hay un pago registrado del cliente por este importe que espera su depósito: puede ser este mismo."
    ),
    "clash": gettext_noop("Otro depósito del mismo día podría pagar el mismo documento."),
    "surplus": gettext_noop("Llegó más de lo que se debe de esos documentos."),
    "short": gettext_noop("Llegó menos de lo que se debe y nada lo explica."),
    "unexplained": gettext_noop("Falta poco y nada lo explica: di qué fue."),
    "late_discount": gettext_noop("El plazo del descuento ya había pasado: decide si lo aceptas."),
    "exchange": gettext_noop("El documento está en otra moneda: confirma el tipo de cambio."),
    "oldest_part": gettext_noop("Ningún documento ni combinación da este importe."),
    "advance": gettext_noop("Ningún documento ni combinación da este importe."),
    "amount_only": gettext_noop("No se sabe quién pagó: solo coincide el importe."),
}
