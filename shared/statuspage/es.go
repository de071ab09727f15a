package statuspage

import "github.com/mikla-ai/data-deletion/shared/request"

var spanish = &phrasebook{
	Headings: headings{
		Code: "Código de confirmación", Reason: "Lo que dice nuestro equipo", Progress: "Progreso", Dates: "Fechas", Results: "Negocio por negocio",
		Kept: "Qué conservamos y por qué", Receipt: "Justificante", Next: "Qué puede hacer ahora",
		Notify: "Avísenme cuando esté hecho", Elsewhere: "Copias que no son nuestras",
	},
	Steps: [stepCount]string{"Solicitud recibida", "Búsqueda de sus datos", "Borrado de sus datos", "Comprobación de que no queda nada"},
	Marks: map[mark]string{
		done: "Hecho", doing: "En curso", person: "Con nuestro equipo", ahead: "Todavía no",
		asked: "A la espera de su respuesta", hidden: "Ocultos, aún sin borrar",
		nothing: "No se encontró nada", unclear: "Sin certeza", stopped: "Detenido", skipped: "No se hizo",
	},
	Tones: map[tone]string{
		working: "En curso", complete: "Terminado", attention: "Falta un dato más", waiting: "A la espera de su respuesta", cooling: "Aún se puede cancelar",
		withTeam: "Con nuestro equipo", notFound: "No se encontró nada", closed: "Cerrado",
	},
	Dates: dates{
		Received: "Recibida", Due: "Plazo límite", Undo: "Se puede cancelar hasta", Found: "Sus datos",
		Erased: "Borrados de nuestros sistemas activos", Unreadable: "Ilegibles en todas las copias de seguridad desde",
		Gone: "Última copia de seguridad eliminada a más tardar", Mail: "Nuestro correo sobre el resultado", NotYet: "Todavía no", Nothing: "No se borró nada",
		After: "Se sabrá cuando se borren los datos",
	},
	Found: map[found]string{
		foundYes: "Encontrados", foundNo: "No se encontraron", foundUnclear: "No es seguro cuáles son los suyos", foundOpen: "Seguimos buscando",
		foundByTeam: "Nuestro equipo los está buscando",
	},
	Mails: map[request.LetterState]string{
		request.Due: "A punto de enviarse", request.Sent: "Enviado", request.Delivered: "Entregado",
		request.Unconfirmed: "Enviado; no sabemos si llegó",
		request.Bounced:     "Fue devuelto. Nuestro equipo está avisado",
	},
	Business: "Negocio {number} de {of}",
	Kept: map[string]keptText{
		"security_log":   {"Registros de seguridad y fraude", "Protegen el servicio contra abusos. Contienen huellas digitales en lugar de nombres e identificadores."},
		"billing":        {"Facturas del negocio", "Las exige la ley fiscal. Se refieren al negocio, no a las personas que le escribieron."},
		"metrics":        {"Totales", "Recuentos anónimos que no se pueden vincular con ninguna persona."},
		"request_record": {"El registro de esta solicitud", "Demuestra que el borrado tuvo lugar. No dice de quién eran los datos."},
	},
	KeptUntil: "Hasta el",
	Mail: mailText{
		Subject: "Eliminación de datos {code}",
		Body:    "Código de confirmación: {code}\n\nNombre del negocio: \nMi usuario, número de teléfono o nombre visible allí: \n",
	},
	Notify: notifyText{
		Text:     "Indíquenos una dirección y le escribiremos una sola vez, cuando la solicitud esté terminada. Antes preguntaremos en esa dirección si lo desea.",
		Label:    "Su dirección de correo electrónico",
		Button:   "Avísenme por correo",
		Headline: "Mire en su buzón de correo",
		Sent:     "Hemos enviado un enlace a la dirección que nos indicó. Ábralo y pulse el botón que hay allí; solo entonces le escribiremos cuando la solicitud esté terminada.",
		Other:    "Si la dirección no era suya, no pasa nada.",
		Back:     "Volver al estado de la solicitud",
	},
	Elsewhere: []elsewhere{
		{"Messenger e Instagram", "Borre el chat en la aplicación y pregunte a Meta por lo que conserva en el Centro de privacidad de la aplicación."},
		{"WhatsApp", "Borre el chat en la aplicación; en Ajustes, Ayuda puede escribir a WhatsApp."},
		{"El negocio", "Tiene su propia copia de lo que usted le escribió. Pídale directamente que la borre; el negocio es responsable de esa copia."},
	},
	Tell: "Escriba a " + mailbox + " e indíquenos:",
	Details: []string{
		"el nombre del negocio al que escribió",
		"su usuario o nombre visible allí o, en WhatsApp, su número de teléfono",
		"este código de confirmación",
	},
	Reply:      "Escribir a " + mailbox,
	Receipt:    "Justificante firmado de este borrado",
	Reload:     "Vuelva a cargar esta página para ver el estado más reciente.",
	Credential: "Quien tenga el código puede abrir esta página. No muestra nombres, mensajes ni identificadores.",
	States:     spanishStates,
	NotFound: notFoundText{
		Title:    "Página inexistente",
		Headline: "En esta dirección no hay ninguna solicitud",
		Summary:  "Puede que la dirección esté incompleta, que el código tenga un error o que ya no conservemos su registro.",
		Hints: []string{
			"Un código de confirmación tiene 24 caracteres: las letras de la A a la Z y las cifras del 2 al 7. No contiene 0, 1, 8 ni 9.",
			"Si puede, copie la dirección completa de donde se la dieron.",
			"O escriba a " + mailbox + " con el código tal como lo tenga y lo buscaremos.",
		},
		JSON: "En esta dirección no hay ninguna solicitud.",
	},
	Moment: "{day} de {month} de {year}, {time} UTC",
	Months: [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio",
		"julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
}

var spanishStates = map[request.State]stateText{
	request.Received: {
		Headline: "Tenemos su solicitud",
		Summary:  []string{"Estamos buscando los datos que le corresponden. La mayoría de las solicitudes se completan en menos de 48 horas y ninguna tarda más de 30 días."},
	},
	request.Matched: {
		Headline: "Hemos encontrado sus datos",
		Summary:  []string{"Están a punto de borrarse. No tiene que hacer nada."},
	},
	request.Purging: {
		Headline: "Estamos borrando sus datos",
		Summary:  []string{"Se están borrando los mensajes, los archivos adjuntos, el registro de las respuestas automáticas y su perfil. No tiene que hacer nada."},
	},
	request.Verifying: {
		Headline: "Estamos comprobando que no queda nada",
		Summary:  []string{"Hemos borrado lo que encontramos. Ahora una comprobación independiente, que solo puede leer, busca si ha quedado algo. Hasta que no encuentre nada, no damos su solicitud por terminada."},
	},
	request.NeedsReview: {
		Headline: "Una persona está mirando su solicitud",
		Summary:  []string{"Requiere una decisión que no dejamos a una máquina. El plazo indicado más abajo se mantiene."},
		Next:     "No tiene que hacer nada: alguien de nuestro equipo está mirando su solicitud y el resultado aparecerá en esta página.",
	},
	request.NeedsOperator: {
		Headline: "Nuestro equipo está terminando su solicitud a mano",
		Summary:  []string{"Algo no funcionó por sí solo y nuestro equipo está avisado. Su solicitud no se ha perdido y el plazo indicado más abajo se mantiene."},
		Next:     "No tiene que hacer nada: nuestro equipo está avisado y el resultado aparecerá en esta página.",
	},
	request.AwaitingExternal: {
		Headline: "Borrados aquí, aún sin confirmar en todas partes",
		Summary:  []string{"En nuestros propios sistemas no queda nada de sus datos. Un servicio que trabaja para nosotros todavía tiene que confirmar que ha borrado su parte. Hasta entonces no damos su solicitud por terminada."},
		Next:     "No tiene que hacer nada: el resultado aparecerá en esta página y el plazo indicado más abajo se mantiene.",
	},
	request.AwaitingAnswer: {
		Headline: "Estamos esperando su respuesta",
		Summary:  []string{"Le hemos escrito por correo porque necesitamos que nos confirme algo o nos dé un dato. Hasta entonces no buscamos ni borramos nada."},
		Next:     "Busque nuestro correo, también en la carpeta de correo no deseado, y abra su enlace o respóndalo; si no sabemos nada en 14 días, cerramos la solicitud y no borramos nada.",
	},
	request.CoolingOff: {
		Headline: "Confirmado, pero aún sin borrar",
		Summary: []string{
			"El borrado se ha confirmado. Los datos están ocultos y los tokens de acceso, eliminados. Para que un error se pueda deshacer, los datos no se borran hasta que termine el plazo indicado más abajo.",
		},
		Next: "Si ha sido un error, cancélelo antes con el enlace de nuestro correo; si no, no tiene que hacer nada.",
	},
	request.Completed: {
		Headline: "Sus datos se han borrado",
		Summary:  []string{"Después de borrarlos volvimos a buscar, con una comprobación independiente, y no quedaba nada de ellos en nuestros sistemas activos."},
	},
	request.NothingFound: {
		Headline: "No encontramos datos para esta solicitud",
		Summary:  []string{"Buscamos el identificador que venía con la solicitud y nada de lo que guardamos le corresponde. Por eso no se borró nada."},
		Meaning: "Esto no significa necesariamente que no tengamos nada sobre usted. Si hizo la solicitud en los ajustes de Facebook o Instagram y solo había enviado un mensaje a un negocio, o comentado una publicación suya, " +
			"ellos no tienen ningún identificador suyo que puedan darnos. Aun así podemos encontrar y borrar sus datos si nos dice dónde buscar.",
		Next: "Si escribió a un negocio, envíe su nombre, el usuario, número de teléfono o nombre visible que usted usa allí y este código a " + mailbox + ".",
	},
	request.CouldNotIdentify: {
		Headline: "No pudimos saber qué datos son los suyos",
		Summary:  []string{"Lo que nos dieron no corresponde con certeza a nadie. Para que nadie pierda sus datos por la solicitud de otra persona, todavía no hemos borrado nada."},
		Meaning:  "Casi siempre basta con un dato más. En cuanto lo tengamos, su solicitud sigue adelante.",
		Next:     "Envíe el nombre del negocio, el usuario, número de teléfono o nombre visible que usted usa allí y este código a " + mailbox + ".",
	},
	request.Refused: {
		Headline: "No hemos llevado a cabo esta solicitud",
		Summary:  []string{"Alguien de nuestro equipo la miró y decidió que no podemos atenderla. No se borró nada."},
		Next:     "Si no está de acuerdo o tiene alguna pregunta, escriba a " + mailbox + " con este código: le responderá una persona.",
	},
	request.Withdrawn: {
		Headline: "Esta solicitud se retiró",
		Summary:  []string{"Se retiró y con este código ya no se borra nada más."},
		Next:     "Puede volver a pedir el borrado en cualquier momento: escriba a " + mailbox + ".",
	},
	request.Lapsed: {
		Headline: "No recibimos respuesta a nuestra pregunta",
		Summary:  []string{"Le preguntamos algo que necesitamos saber antes de borrar y no supimos nada en 14 días. No se borró nada."},
		Next:     "Responda a nuestra pregunta o escriba a " + mailbox + " con este código, y su solicitud seguirá adelante.",
	},
	request.Answered: {
		Headline: "Hemos respondido a su consulta",
		Summary:  []string{"Nos preguntó algo que no es un borrado y le respondimos por correo. No se borró nada."},
		Next:     "Si queda algo pendiente, escriba a " + mailbox + " con este código.",
	},
}
