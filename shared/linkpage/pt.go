package linkpage

var portuguese = &phrasebook{
	Ask: map[Kind]said{
		Confirm: {"Confirme a exclusão dos seus dados", []string{
			"Quando você confirmar, procuramos o que é seu na empresa para a qual você escreveu e excluímos da Mikla: as suas mensagens e as respostas, os anexos, o seu perfil com as etiquetas e os registros das respostas automáticas. Isso não pode ser desfeito.",
			"As cópias no Messenger, no Instagram e no WhatsApp e na própria empresa não são nossas e continuam lá.",
		}, "Excluir os meus dados"},
		Closure: {Button: "Confirmar"},
		Cancel: {"Cancelar a exclusão", []string{
			"Se você cancelar, os dados voltam a aparecer e nada deles é excluído.",
			"Os tokens de acesso já não existem. Você terá que conectar os seus canais de novo nas configurações da Mikla.",
		}, "Cancelar a exclusão"},
		OptIn: {"Um e-mail quando estiver concluído", []string{"Quando o pedido estiver concluído, escreveremos para o endereço que recebeu este link, e só dessa vez."}, "Sim, escrevam para mim"},
	},
	Act: map[Kind]said{
		Confirm: {Headline: "Mais um dado", Text: []string{
			"O nome que você usa em uma plataforma pode ser visto por todos. Para que ninguém mais mande excluir os seus dados, informe pelo menos uma destas coisas: o seu nome lá, o mês ou o seu número de telefone. Nós comparamos com o que temos.",
		}},
		Closure: {Headline: "O número do nosso e-mail"},
		Cancel:  {Headline: "Quer cancelar?"},
		OptIn:   {Headline: "Quer receber este e-mail?"},
	},
	NotYou: map[Kind]string{
		Confirm: "Se você não pediu isto, feche esta página. Nada acontecerá.",
		Closure: "Se nem você nem um colega pediu isto, não confirme e avise-nos, por favor: " + mailbox + ".",
		Cancel:  "Se está tudo como você quer, feche esta página. A exclusão continua.",
		OptIn:   "Se você não pediu isto, feche esta página. Não escreveremos mais sobre este assunto.",
	},
	Done: map[Kind]said{
		Confirm: {Headline: "Obrigado, o seu pedido está confirmado", Text: []string{
			"Agora comparamos o que você nos informou com o que temos. O que é seu com certeza é excluído; se não for certo, uma pessoa da nossa equipe analisa.",
			"Em qualquer caso escreveremos para você por e-mail, no máximo 30 dias depois do seu pedido.",
		}},
		Closure: {Headline: "Confirmado", Text: []string{"Os dados estão sendo excluídos. Escreveremos a todos os administradores quando estiver concluído."}},
		Cancel: {Headline: "A exclusão está cancelada", Text: []string{
			"Os dados voltaram a aparecer e nada deles foi excluído.",
			"Conecte os seus canais de novo nas configurações da Mikla: os tokens de acesso foram excluídos imediatamente, como avisamos.",
		}},
		OptIn: {Headline: "Escreveremos para você", Text: []string{"Você receberá um único e-mail nosso, quando o pedido estiver concluído."}},
	},
	Acts: map[Scope]string{Tenant: "Encerrar a conta inteira", Channel: "Desconectar um canal", Lead: "Excluir os dados de um contato"},
	Effects: map[Scope][]string{
		Tenant: {
			"Os tokens de acesso de todos os canais são excluídos imediatamente e a Mikla deixa de responder mensagens neles.",
			"Todas as conversas, os perfis, os registros das respostas automáticas e as configurações ficam ocultos imediatamente. As faturas são guardadas pelo tempo que a lei exige.",
		},
		Channel: {
			"O token de acesso do canal é excluído imediatamente e a Mikla deixa de responder mensagens nele.",
			"Todas as conversas, os perfis e os registros das respostas automáticas deste canal ficam ocultos imediatamente.",
		},
		Lead: {"A conversa com esta pessoa, o perfil dela e os registros das respostas automáticas que ela recebeu são excluídos."},
	},
	Later:     "Depois de {hours} horas, os dados são excluídos definitivamente. Até lá, qualquer administrador pode cancelar com o link do nosso próximo e-mail.",
	AtOnce:    "Isso acontece imediatamente e não pode ser desfeito.",
	DoneLater: "Os tokens de acesso estão excluídos e os dados, ocultos. Durante {hours} horas você ainda pode cancelar com o link que enviamos a todos os administradores. Depois, os dados são excluídos definitivamente.",
	Fields: map[string]fieldText{
		FieldName:  {"O seu nome, como aparece lá", "O nome do perfil, não o nome de usuário."},
		FieldWhen:  {"Um mês em que você escreveu para ela", "Ano e mês, como 2026-05. Aproximadamente já basta."},
		FieldPhone: {"O seu número de telefone", "Com o código do país, se você escreveu pelo WhatsApp ou o informou na conversa."},
		FieldPIN:   {"Seis algarismos", "Estão no e-mail que trouxe você até aqui."},
	},
	Problems: map[Problem]string{
		NothingGiven: "Precisamos de mais um dado: informe o seu nome lá, o mês ou o seu número de telefone.",
		WrongPIN:     "Este não é o número do nosso e-mail. Tentativas restantes: {tries}.",
	},
	Status: "Ver o andamento do pedido",
	Gone: said{Headline: "Este link não leva a lugar nenhum", Text: []string{
		"Ele já foi usado, tem mais de 7 dias ou está incompleto.",
		"Você já clicou no botão? Então não há mais nada a fazer. Se não, responda ao nosso e-mail ou escreva para " + mailbox + ", e enviaremos um novo.",
	}},
	Throttled: said{Headline: "Tentativas demais", Text: []string{"Nenhum dos números era o do nosso e-mail. Agora uma pessoa da nossa equipe analisa o pedido; até lá, nada acontece."}},
}
