package statuspage

import "github.com/mikla-ai/data-deletion/shared/request"

var portuguese = &phrasebook{
	Headings: headings{
		Code: "Código de confirmação", Reason: "O que diz a nossa equipe", Progress: "Andamento", Dates: "Datas", Results: "Empresa por empresa",
		Kept: "O que guardamos, e por quê", Receipt: "Comprovante", Next: "O que você pode fazer agora",
		Notify: "Avisem-me quando estiver concluído", Elsewhere: "Cópias que não são nossas",
	},
	Steps: [stepCount]string{"Pedido recebido", "Busca dos seus dados", "Exclusão dos seus dados", "Verificação de que nada restou"},
	Marks: map[mark]string{
		done: "Feito", doing: "Em curso", person: "Com a nossa equipe", ahead: "Ainda não",
		asked: "Aguardando a sua resposta", hidden: "Ocultos, ainda não excluídos",
		nothing: "Nada encontrado", unclear: "Sem certeza", stopped: "Interrompido", skipped: "Não realizado",
	},
	Tones: map[tone]string{
		working: "Em curso", complete: "Concluído", attention: "Falta mais um dado", waiting: "Aguardando a sua resposta", cooling: "Ainda pode ser cancelado",
		withTeam: "Com a nossa equipe", notFound: "Nada encontrado", closed: "Encerrado",
	},
	Dates: dates{
		Received: "Recebido", Due: "Prazo final", Undo: "Pode ser cancelado até", Found: "Os seus dados",
		Erased: "Excluídos dos nossos sistemas ativos", Unreadable: "Ilegíveis em todas as cópias de segurança a partir de",
		Gone: "Última cópia de segurança excluída até", Mail: "O nosso e-mail sobre o resultado", NotYet: "Ainda não", Nothing: "Nada foi excluído",
		After: "Só se sabe quando os dados forem excluídos",
	},
	Found: map[found]string{
		foundYes: "Encontrados", foundNo: "Nenhum encontrado", foundUnclear: "Não é certo quais são os seus", foundOpen: "Ainda procurando",
		foundByTeam: "A nossa equipe está procurando",
	},
	Mails: map[request.LetterState]string{
		request.Due: "Prestes a ser enviado", request.Sent: "Enviado", request.Delivered: "Entregue",
		request.Unconfirmed: "Enviado; não sabemos se chegou",
		request.Bounced:     "Foi devolvido. A nossa equipe foi avisada",
	},
	Business: "Empresa {number} de {of}",
	Kept: map[string]keptText{
		"security_log":   {"Registros de segurança e de fraude", "Protegem o serviço contra abusos. Contêm impressões digitais de dados em vez de nomes e identificadores."},
		"billing":        {"Faturas da empresa", "A lei fiscal exige que sejam guardadas. Elas dizem respeito à empresa, e não às pessoas que escreveram para ela."},
		"metrics":        {"Totais", "Contagens anônimas que não podem ser associadas a ninguém."},
		"request_record": {"O registro deste pedido", "Prova que a exclusão ocorreu. Não diz de quem eram os dados."},
	},
	KeptUntil: "Até",
	Mail: mailText{
		Subject: "Exclusão de dados {code}",
		Body:    "Código de confirmação: {code}\n\nNome da empresa: \nO meu nome de usuário, número de telefone ou nome de exibição lá: \n",
	},
	Notify: notifyText{
		Text:     "Indique um endereço e escreveremos para ele uma única vez, quando o pedido estiver concluído. Antes perguntaremos nesse endereço se é isso que você deseja.",
		Label:    "O seu endereço de e-mail",
		Button:   "Avisem-me por e-mail",
		Headline: "Veja a sua caixa de e-mail",
		Sent:     "Enviamos um link para o endereço que você indicou. Abra o link e clique no botão; só então escreveremos quando o pedido estiver concluído.",
		Other:    "Se o endereço não for seu, nada acontece.",
		Back:     "Voltar ao andamento do pedido",
	},
	Elsewhere: []elsewhere{
		{"Messenger e Instagram", "Apague a conversa no aplicativo e pergunte à Meta o que ela guarda na Central de Privacidade do aplicativo."},
		{"WhatsApp", "Apague a conversa no aplicativo; em Configurações, Ajuda, você pode escrever ao WhatsApp."},
		{"A empresa", "Ela tem a própria cópia do que você escreveu. Peça diretamente à empresa que a exclua; ela é responsável por essa cópia."},
	},
	Tell: "Escreva para " + mailbox + " e nos informe:",
	Details: []string{
		"o nome da empresa para a qual você escreveu",
		"o seu nome de usuário ou nome de exibição lá ou, no WhatsApp, o seu número de telefone",
		"este código de confirmação",
	},
	Reply:      "Escrever para " + mailbox,
	Receipt:    "Comprovante assinado desta exclusão",
	Reload:     "Recarregue esta página para ver a situação mais recente.",
	Credential: "Quem tiver o código pode abrir esta página. Ela não mostra nomes, mensagens nem identificadores.",
	States:     portugueseStates,
	NotFound: notFoundText{
		Title:    "Página inexistente",
		Headline: "Não há nenhum pedido neste endereço",
		Summary:  "O endereço pode estar incompleto, o código pode ter um erro ou o registro já não existe.",
		Hints: []string{
			"Um código de confirmação tem 24 caracteres: as letras de A a Z e os algarismos de 2 a 7. Não contém 0, 1, 8 nem 9.",
			"Se puder, copie o endereço inteiro de onde você o recebeu.",
			"Ou escreva para " + mailbox + " com o código tal como você o tem, e nós procuramos.",
		},
		JSON: "Não há nenhum pedido neste endereço.",
	},
	Moment: "{day} de {month} de {year}, {time} UTC",
	Months: [12]string{"janeiro", "fevereiro", "março", "abril", "maio", "junho",
		"julho", "agosto", "setembro", "outubro", "novembro", "dezembro"},
	First: "1º",
}

var portugueseStates = map[request.State]stateText{
	request.Received: {
		Headline: "Temos o seu pedido",
		Summary:  []string{"Estamos procurando os dados ligados a ele. A maioria dos pedidos fica concluída em menos de 48 horas e nenhum demora mais de 30 dias."},
	},
	request.Matched: {
		Headline: "Encontramos os seus dados",
		Summary:  []string{"Estão prestes a ser excluídos. Você não precisa fazer nada."},
	},
	request.Purging: {
		Headline: "A exclusão dos seus dados está em curso",
		Summary:  []string{"As mensagens, os anexos, o registro das respostas automáticas e o seu perfil estão sendo excluídos. Você não precisa fazer nada."},
	},
	request.Verifying: {
		Headline: "Estamos verificando se nada restou",
		Summary:  []string{"Excluímos o que encontramos. Agora uma verificação separada, que só pode ler, procura o que possa ter ficado. Enquanto encontrar alguma coisa, não damos o seu pedido por concluído."},
	},
	request.NeedsReview: {
		Headline: "Uma pessoa está analisando o seu pedido",
		Summary:  []string{"É necessária uma decisão que não deixamos a uma máquina. O prazo abaixo continua valendo."},
		Next:     "Você não precisa fazer nada: alguém da nossa equipe está analisando o seu pedido e o resultado aparecerá nesta página.",
	},
	request.NeedsOperator: {
		Headline: "A nossa equipe está concluindo o seu pedido à mão",
		Summary:  []string{"Algo não funcionou por si só e a nossa equipe foi avisada. O seu pedido não se perdeu e o prazo abaixo continua valendo."},
		Next:     "Você não precisa fazer nada: a nossa equipe foi avisada e o resultado aparecerá nesta página.",
	},
	request.AwaitingExternal: {
		Headline: "Excluídos aqui, ainda sem confirmação em todos os lugares",
		Summary:  []string{"Nos nossos próprios sistemas não resta nada dos seus dados. Um serviço que trabalha para nós ainda precisa confirmar que excluiu a sua parte. Até lá, não damos o seu pedido por concluído."},
		Next:     "Você não precisa fazer nada: o resultado aparecerá nesta página e o prazo abaixo continua valendo.",
	},
	request.AwaitingAnswer: {
		Headline: "Estamos aguardando a sua resposta",
		Summary:  []string{"Escrevemos para você por e-mail porque precisamos de uma confirmação ou de mais um dado. Até lá, não procuramos nem excluímos nada."},
		Next:     "Procure o nosso e-mail, também na pasta de spam, e abra o link ou responda; se não tivermos notícias durante 14 dias, encerramos o pedido e não excluímos nada.",
	},
	request.CoolingOff: {
		Headline: "Confirmado, mas ainda não excluído",
		Summary: []string{
			"A exclusão foi confirmada. Os dados estão ocultos e os tokens de acesso, excluídos. Para que um engano possa ser desfeito, os dados em si só são excluídos quando terminar o prazo abaixo.",
		},
		Next: "Se foi engano, cancele antes disso com o link do nosso e-mail; caso contrário, você não precisa fazer nada.",
	},
	request.Completed: {
		Headline: "Os seus dados foram excluídos",
		Summary:  []string{"Depois da exclusão, procuramos outra vez, com uma verificação separada, e nada deles restava nos nossos sistemas ativos."},
	},
	request.NothingFound: {
		Headline: "Não encontramos dados para este pedido",
		Summary:  []string{"Procuramos o identificador que veio com o pedido e nada do que guardamos corresponde a ele. Por isso nada foi excluído."},
		Meaning: "Isto não significa necessariamente que não tenhamos nada a seu respeito. Se você fez o pedido nas configurações do Facebook ou do Instagram e só tinha enviado uma mensagem a uma empresa, ou comentado uma publicação dela, " +
			"eles não têm nenhum identificador seu que possam nos dar. Ainda assim, podemos encontrar e excluir os seus dados se você nos disser onde procurar.",
		Next: "Se você escreveu para uma empresa, envie o nome dela, o seu nome de usuário, número de telefone ou nome de exibição lá e este código para " + mailbox + ".",
	},
	request.CouldNotIdentify: {
		Headline: "Não conseguimos saber quais dados são os seus",
		Summary:  []string{"O que recebemos não corresponde com certeza a ninguém. Para que ninguém perca os seus dados por causa do pedido de outra pessoa, ainda não excluímos nada."},
		Meaning:  "Em geral, basta mais um dado. Assim que o tivermos, o seu pedido prossegue.",
		Next:     "Envie o nome da empresa, o seu nome de usuário, número de telefone ou nome de exibição lá e este código para " + mailbox + ".",
	},
	request.Refused: {
		Headline: "Não realizamos este pedido",
		Summary:  []string{"Alguém da nossa equipe analisou o pedido e decidiu que não podemos atendê-lo. Nada foi excluído."},
		Next:     "Se você não concorda ou tem uma pergunta, escreva para " + mailbox + " com este código: uma pessoa responderá.",
	},
	request.Withdrawn: {
		Headline: "Este pedido foi retirado",
		Summary:  []string{"Foi retirado e mais nada é excluído com este código."},
		Next:     "Você pode pedir a exclusão de novo a qualquer momento: escreva para " + mailbox + ".",
	},
	request.Lapsed: {
		Headline: "Não tivemos resposta à nossa pergunta",
		Summary:  []string{"Perguntamos algo que precisamos saber antes de excluir e não tivemos notícias durante 14 dias. Nada foi excluído."},
		Next:     "Responda à nossa pergunta ou escreva para " + mailbox + " com este código, e o seu pedido prossegue.",
	},
	request.Answered: {
		Headline: "Respondemos à sua pergunta",
		Summary:  []string{"Você nos perguntou algo que não é uma exclusão e respondemos por e-mail. Nada foi excluído."},
		Next:     "Se ainda houver algo em aberto, escreva para " + mailbox + " com este código.",
	},
}
