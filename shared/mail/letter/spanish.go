package letter

import (
	"fmt"
	"time"
)

var monthsSpanish = [...]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}

func daySpanish(t time.Time) string {
	return fmt.Sprintf("%d de %s de %d", t.Day(), monthsSpanish[t.Month()-1], t.Year())
}

var spanish = &phrasebook{
	Language: "es", Direction: "ltr",
	Day:      daySpanish,
	Moment:   func(t time.Time) string { return daySpanish(t) + ", " + clock(t) + " UTC" },
	Greeting: "Hola:",
	Regards:  "Un cordial saludo, el equipo de privacidad de Mikla",
	Letters: map[Kind]words{
		Challenge: {
			Subject: "Confirme su solicitud, por favor",
			Before: []string{
				"Desde esta dirección nos han pedido que eliminemos datos personales. Antes de buscar nada, le rogamos que confirme que ha sido usted.",
				"Abra la página y pulse el botón. La página también le pide un dato más, para que eliminemos los datos correctos y no los de otra persona.",
			},
			Button: "Confirmar la solicitud",
			After: []string{
				"El enlace sirve una sola vez, durante 7 días. Si no puede abrirlo, responda a este correo y díganos que confirma.",
				"Si no ha sido usted, ignore este correo: no pasará nada.",
			},
		},
		AskMore: {
			Subject: "Nos falta algo para encontrar sus datos",
			Before:  []string{"Gracias por su mensaje. Para encontrar los datos correctos, todavía necesitamos lo siguiente:"},
			After:   []string{"Basta con que responda a este correo. Si no lo tiene todo, envíenos lo que tenga."},
		},
		Acknowledged: {
			Subject: "Hemos recibido su mensaje",
			Before: []string{
				"Gracias por su mensaje. Una persona de nuestro equipo lo revisará y le responderá, a más tardar, el {due}.",
				"Hasta entonces no tiene que hacer nada.",
			},
		},
		Status: {
			Subject: "Cómo va su solicitud",
			Before:  []string{"Nos ha preguntado cómo va su solicitud:"},
			After:   []string{"Somos breves a propósito, porque cualquiera que tenga el código puede preguntar. Si tiene alguna duda, responda a este correo."},
		},
		ClosureLink: {
			Subject: "Confirme, por favor: {act}",
			Before:  []string{"Nos han pedido lo siguiente, en relación con {business}:"},
			Button:  "Abrir la página y confirmar",
			After: []string{
				"Mientras nadie confirme, no pasa nada.",
				"Si no ha sido usted ni nadie de su equipo, no confirme y, por favor, avísenos respondiendo a este correo.",
			},
		},
		ClosureStarted: {
			Subject: "Confirmado: {act}",
			Before:  []string{"Se ha confirmado lo siguiente, en relación con {business}:"},
			Button:  "Cancelar",
			After:   []string{"Este correo llega a todos los administradores registrados. Si ninguno de ustedes lo quería, avísennos enseguida respondiendo a este correo."},
		},
		ClosureAttempt: {
			Subject: "No se ha llevado a cabo: {act}",
			Before:  []string{"Alguien nos ha pedido lo siguiente, en relación con {business}, desde una dirección que no está registrada:"},
			After: []string{
				"No hemos hecho nada ni le hemos dicho nada al remitente. No tiene que hacer nada.",
				"Si la solicitud era de alguno de ustedes, escriban desde una dirección registrada o utilicen los ajustes de Mikla.",
			},
		},
		Completed: {
			Subject: "Los datos se han eliminado",
			Before:  []string{"Su solicitud ha terminado. Los datos se han eliminado de nuestros sistemas en uso, y una comprobación independiente no ha encontrado después nada de ellos."},
			After:   []string{"Si tiene alguna duda, responda a este correo."},
		},
		NotIdentified: {
			Subject: "No hemos encontrado datos que sean con certeza suyos",
			Before: []string{
				"Con lo que tenemos, no hemos podido encontrar datos que le pertenezcan con certeza. Por eso no se ha eliminado nada.",
				"Esto no significa necesariamente que no tengamos nada sobre usted. Envíenos otro dato y volveremos a buscar.",
			},
			Button: "Qué nos ayuda",
			After:  []string{"Basta con que responda a este correo."},
		},
		Refused: {
			Subject: "No podemos llevar a cabo su solicitud",
			Before:  []string{"Una persona de nuestro equipo ha revisado su solicitud y ha decidido que no podemos atenderla. No se ha eliminado nada. Esto es lo que nos dice:"},
			After: []string{
				"Si no está de acuerdo, responda a este correo y díganoslo: lo revisará otra persona.",
				"También puede reclamar ante su autoridad de protección de datos.",
			},
		},
		Question: {
			Subject: "Una pregunta sobre su solicitud",
			Before:  []string{"Una persona de nuestro equipo se ocupa de su solicitud y necesita saber lo siguiente para poder continuar:"},
			After:   []string{"Basta con que responda a este correo."},
		},
		Reminder: {
			Subject: "Seguimos a la espera de su respuesta",
			Before:  []string{"Hace unos días le escribimos sobre su solicitud y necesitamos su respuesta para poder continuar."},
			Button:  "Confirmar la solicitud",
			After: []string{
				"Puede responder simplemente a este correo o al anterior. Si en 14 días en total no tenemos noticias suyas, cerraremos la solicitud sin eliminar nada.",
				"Si no ha sido usted, ignore este correo: no pasará nada.",
			},
		},
		Lapsed: {
			Subject: "Hemos cerrado su solicitud",
			Before: []string{
				"Le preguntamos algo y en 14 días no hemos tenido respuesta, así que hemos cerrado su solicitud. No se ha eliminado nada.",
				"¿Todavía desea continuar? Responda a este correo y su solicitud seguirá adelante.",
			},
		},
		OptIn: {
			Subject: "¿Quiere un correo cuando hayamos terminado?",
			Before:  []string{"En la página de estado de una solicitud de eliminación, alguien nos ha pedido que escribamos a esta dirección cuando la solicitud haya terminado. Por favor, confirme que lo desea."},
			Button:  "Sí, escríbanme",
			After:   []string{"Si no ha sido usted, ignore este correo. No volveremos a escribirle por este asunto."},
		},
		Withdrawn: {
			Subject: "Su solicitud se ha retirado",
			Before: []string{
				"Su solicitud se ha retirado. No se ha eliminado nada por ella, ni se eliminará.",
				"Puede volver a pedir la eliminación cuando quiera: basta con que responda a este correo.",
			},
		},
		Answered: {
			Subject: "Su consulta está cerrada",
			Before:  []string{"Hemos atendido su consulta y la hemos cerrado. Si queda algo pendiente, responda a este correo."},
		},
	},
	Labels: labels{
		Pair: "{name}: {value}",
		Code: "Su código de confirmación:", PIN: "Escriba este número en la página:", StatusPage: "Estado de su solicitud:",
		Then: "Cuando confirme", Now: "Qué pasa ahora",
		Erased: "Qué se ha eliminado", Dates: "Cuándo", Live: "Eliminado de nuestros sistemas en uso", Backups: "Última copia de seguridad desaparecida, a más tardar",
		Kept: "Qué conservamos y por qué", Until: "Hasta el {until}.", Elsewhere: "Copias que no son nuestras",
	},
	Acts: map[Scope]string{Tenant: "Cerrar la cuenta entera", Channel: "Desconectar un canal", Lead: "Eliminar los datos de un cliente potencial"},
	Effects: effects{
		Tokens: "Los tokens de acceso se eliminan de inmediato y Mikla deja de responder a los mensajes que lleguen por ahí.",
		Hidden: "Los datos se ocultan de inmediato.",
		Later:  "Se eliminan definitivamente al cabo de {hours} horas. Hasta entonces puede cancelar.",
		Until:  "Se eliminan definitivamente el {undo}. Hasta entonces puede cancelar con el enlace que figura abajo.",
		AtOnce: "Los datos se eliminan de inmediato. Esto no se puede deshacer.",
	},
	Restored: []string{
		"Se ha cancelado. Los datos vuelven a mostrarse y no se ha eliminado nada de ellos.",
		"Los tokens de acceso se eliminaron de inmediato, como habíamos anunciado. Vuelva a conectar sus canales en los ajustes de Mikla.",
	},
	Details: map[Detail]detailWords{
		MissingBusiness: {"El nombre del negocio al que escribió", []string{
			"Aparece en la parte superior de su chat con él.",
			"Si hay varios con el mismo nombre, añada la ciudad.",
		}},
		MissingHandle: {"Cómo se llama usted allí", []string{
			"Instagram: su nombre de usuario. Aparece en la parte superior de su perfil.",
			"Facebook y Messenger: el nombre de su perfil o el enlace. Abra su perfil, toque los tres puntos y después «Copiar enlace».",
			"WhatsApp: el número de teléfono desde el que escribió, con el prefijo del país. Está en los ajustes, debajo de su nombre.",
		}},
		MissingCode: {"Su código de confirmación", []string{
			"Tiene 24 letras y cifras. Facebook o Instagram se lo mostró cuando pidió allí la eliminación.",
			"También está en la dirección de la página de estado.",
		}},
	},
	Clues: []string{
		"el nombre del negocio al que escribió, y su ciudad",
		"su nombre de usuario en Instagram, su nombre en Facebook o su número de teléfono en WhatsApp",
		"cuándo le escribió, aproximadamente",
	},
	States: map[State]string{
		StateReceived: "Tenemos su solicitud y estamos buscando los datos.",
		StateWaiting:  "Estamos a la espera de usted: confirme o responda, como le pide nuestro último correo.",
		StateProgress: "La eliminación está en curso.",
		StateTeam:     "Una persona de nuestro equipo se ocupa de ella.",
		StateDone:     "Terminado: los datos se han eliminado.",
		StateNothing:  "No hemos encontrado datos. Si nos envía otro dato, volveremos a buscar.",
		StateClosed:   "La solicitud está cerrada y no se hará nada más.",
	},
	Stores: map[string]string{
		"conversations": "Conversaciones", "messages": "Mensajes", "media": "Imágenes y otros archivos", "leads": "Perfiles",
		"links": "Vínculos con un inicio de sesión de Facebook o Instagram", "ai_audit": "Registros de respuestas automáticas",
		"ai_quotes": "Citas en registros de respuestas automáticas", "channels": "Conexiones de canales", "tenants": "Cuentas con sus ajustes",
	},
	OtherStores: "Otros registros",
	Kept: map[string]keptWords{
		"security_log":   {"Registros de seguridad y fraude", "Protegen el servicio frente a abusos y contienen huellas digitales en lugar de nombres e identificadores."},
		"billing":        {"Facturas del negocio", "La legislación fiscal las exige. Se refieren al negocio, no a las personas que le escribieron."},
		"metrics":        {"Totales", "Cifras anónimas que no pueden vincularse a ninguna persona."},
		"request_record": {"El registro de esta solicitud", "Demuestra que la eliminación se realizó y no dice de quién eran los datos."},
	},
	Elsewhere: []string{
		"Messenger e Instagram: elimine el chat en la aplicación y, en el Centro de privacidad de la aplicación, pregunte a Meta qué conserva.",
		"WhatsApp: elimine el chat en la aplicación; en Ajustes, Ayuda puede escribir a WhatsApp.",
	},
	TheBusiness: "El negocio: tiene su propia copia de lo que usted le escribió y es responsable de ella. Pídale directamente que la elimine.",
	Who:         "Este correo es de {mikla}, {mailbox}. Mikla responde mensajes en Messenger, Instagram y WhatsApp en nombre de negocios.",
	Why: map[Audience]string{
		Writer: "Lo recibe porque alguien nos escribió desde esta dirección.",
		Admin:  "Lo recibe porque esta dirección está registrada para un negocio que usa Mikla.",
		Page:   "Lo recibe porque esta dirección se indicó en la página de estado de una solicitud.",
	},
	Promise: "La eliminación es gratuita. No necesita cuenta ni tiene que indicar un motivo.",
}
