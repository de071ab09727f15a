package linkpage

var spanish = &phrasebook{
	Ask: map[Kind]said{
		Confirm: {"Confirme que se borren sus datos", []string{
			"Cuando confirme, buscaremos lo que es suyo en el negocio al que escribió y lo borraremos de Mikla: sus mensajes y las respuestas, los archivos adjuntos, su perfil con sus etiquetas y los registros de las respuestas automáticas. Esto no se puede deshacer.",
			"Las copias en Messenger, Instagram y WhatsApp y en el propio negocio no son nuestras y siguen allí.",
		}, "Borrar mis datos"},
		Closure: {Button: "Confirmar"},
		Cancel: {"Cancelar el borrado", []string{
			"Si cancela, los datos vuelven a verse y no se borra nada de ellos.",
			"Los tokens de acceso ya no existen. Tendrá que volver a conectar sus canales en los ajustes de Mikla.",
		}, "Cancelar el borrado"},
		OptIn: {"Un correo cuando esté hecho", []string{"Cuando la solicitud esté terminada, escribiremos a la dirección que recibió este enlace, y solo esa vez."}, "Sí, escríbanme"},
	},
	Act: map[Kind]said{
		Confirm: {Headline: "Un dato más", Text: []string{
			"El nombre que usa en una plataforma lo puede ver cualquiera. Para que nadie más haga borrar sus datos, indíquenos al menos una de estas cosas: su nombre allí, el mes o su número de teléfono. Lo comparamos con lo que tenemos.",
		}},
		Closure: {Headline: "El número de nuestro correo"},
		Cancel:  {Headline: "¿Quiere cancelar?"},
		OptIn:   {Headline: "¿Quiere recibir este correo?"},
	},
	NotYou: map[Kind]string{
		Confirm: "Si usted no lo ha pedido, cierre esta página. No pasará nada.",
		Closure: "Si no lo ha pedido usted ni nadie de su equipo, no confirme y avísenos, por favor: " + mailbox + ".",
		Cancel:  "Si todo está como usted quiere, cierre esta página. El borrado sigue adelante.",
		OptIn:   "Si usted no lo ha pedido, cierre esta página. No volverá a saber de nosotros por este asunto.",
	},
	Done: map[Kind]said{
		Confirm: {Headline: "Gracias, su solicitud está confirmada", Text: []string{
			"Ahora comparamos lo que nos ha dicho con lo que tenemos. Lo que con certeza es suyo se borra; si no es seguro, lo mira una persona de nuestro equipo.",
			"En cualquier caso le escribiremos por correo, como muy tarde 30 días después de su solicitud.",
		}},
		Closure: {Headline: "Confirmado", Text: []string{"Los datos se están borrando. Escribiremos a todos los administradores cuando esté hecho."}},
		Cancel: {Headline: "El borrado está cancelado", Text: []string{
			"Los datos vuelven a verse y no se ha borrado nada de ellos.",
			"Vuelva a conectar sus canales en los ajustes de Mikla: sus tokens de acceso se eliminaron de inmediato, como anunciamos.",
		}},
		OptIn: {Headline: "Le escribiremos", Text: []string{"Recibirá un solo correo nuestro, cuando la solicitud esté terminada."}},
	},
	Acts: map[Scope]string{Tenant: "Cerrar toda la cuenta", Channel: "Desconectar un canal", Lead: "Borrar los datos de un contacto"},
	Effects: map[Scope][]string{
		Tenant: {
			"Los tokens de acceso de todos los canales se eliminan de inmediato y Mikla deja de responder mensajes allí.",
			"Todas las conversaciones, los perfiles, los registros de las respuestas automáticas y los ajustes quedan ocultos de inmediato. Las facturas se conservan el tiempo que exige la ley.",
		},
		Channel: {
			"El token de acceso del canal se elimina de inmediato y Mikla deja de responder mensajes allí.",
			"Todas las conversaciones, los perfiles y los registros de las respuestas automáticas de este canal quedan ocultos de inmediato.",
		},
		Lead: {"Se borran la conversación con esta persona, su perfil y los registros de las respuestas automáticas que recibió."},
	},
	Later:     "Pasadas {hours} horas, los datos se borran definitivamente. Hasta entonces, cualquier administrador puede cancelar con el enlace de nuestro próximo correo.",
	AtOnce:    "Ocurre de inmediato y no se puede deshacer.",
	DoneLater: "Los tokens de acceso están eliminados y los datos, ocultos. Durante {hours} horas todavía puede cancelar con el enlace que enviamos a todos los administradores. Después, los datos se borran definitivamente.",
	Fields: map[string]fieldText{
		FieldName:  {"Su nombre, tal como aparece allí", "El nombre de su perfil, no el usuario."},
		FieldWhen:  {"Un mes en el que le escribió", "Año y mes, como 2026-05. Basta con una aproximación."},
		FieldPhone: {"Su número de teléfono", "Con el prefijo del país, si escribió por WhatsApp o lo dio en el chat."},
		FieldPIN:   {"Seis cifras", "Están en el correo que le trajo hasta aquí."},
	},
	Problems: map[Problem]string{
		NothingGiven: "Nos falta un dato más: indique su nombre allí, el mes o su número de teléfono.",
		WrongPIN:     "Este no es el número de nuestro correo. Intentos restantes: {tries}.",
	},
	Status: "Ver el estado de la solicitud",
	Gone: said{Headline: "Este enlace no lleva a ninguna parte", Text: []string{
		"Ya se ha usado, tiene más de 7 días o está incompleto.",
		"¿Ya pulsó el botón? Entonces no hay nada más que hacer. Si no, responda a nuestro correo o escriba a " + mailbox + " y le enviaremos uno nuevo.",
	}},
	Throttled: said{Headline: "Demasiados intentos", Text: []string{"Ninguno de los números era el de nuestro correo. Ahora una persona de nuestro equipo mira la solicitud; hasta entonces no pasa nada."}},
}
