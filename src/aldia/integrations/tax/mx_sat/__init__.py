"""SAT's web services: the mass download of documents (version 1.5) and the status of one of them.

`envelopes` writes and signs what is sent, `wire` carries it, `answers` and `package` read what comes back, `adapter`
puts them together behind `domain.ports.tax`. Addresses and shapes are those of SAT's own description of the service:
https://www.sat.gob.mx/consultas/42968/consulta-y-recuperacion-de-comprobantes-(nuevo)
"""
