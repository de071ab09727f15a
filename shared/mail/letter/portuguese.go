package letter

import (
	"fmt"
	"time"
)

var monthsPortuguese = [...]string{"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"}

func dayPortuguese(t time.Time) string {
	return fmt.Sprintf("%d de %s de %d", t.Day(), monthsPortuguese[t.Month()-1], t.Year())
}

// Words and forms that differ between Portugal and Brazil (utilizador, equipa, registo,
// encontrámos, está a fazer) are avoided: it reads as one's own in both.
var portuguese = &phrasebook{
	Language: "pt", Direction: "ltr",
	Day:      dayPortuguese,
	Moment:   func(t time.Time) string { return dayPortuguese(t) + ", " + clock(t) + " UTC" },
	Greeting: "Olá,",
	Regards:  "Com os melhores cumprimentos, a Mikla",
	Letters: map[Kind]words{
		Challenge: {
			Subject: "Por favor, confirme o seu pedido",
			Before: []string{
				"A partir deste endereço, pediram-nos que apagássemos dados pessoais. Antes de procurarmos qualquer coisa, confirme, por favor, que o pedido é seu.",
				"Abra a página e clique no botão. A página também pergunta mais um dado, para que apaguemos os dados certos e não os de outra pessoa.",
			},
			Button: "Confirmar o pedido",
			After: []string{
				"O link funciona uma só vez, durante 7 dias. Se não conseguir abri-lo, basta responder a este e-mail e dizer que confirma.",
				"Se o pedido não é seu, ignore este e-mail: nada vai acontecer.",
			},
		},
		AskMore: {
			Subject: "Falta uma informação para encontrar os seus dados",
			Before:  []string{"Obrigado pela sua mensagem. Para encontrar os dados certos, ainda precisamos do seguinte:"},
			After:   []string{"Basta responder a este e-mail. Se não tiver tudo, envie o que tiver."},
		},
		Acknowledged: {
			Subject: "Recebemos a sua mensagem",
			Before: []string{
				"Obrigado pela sua mensagem. Uma pessoa da Mikla vai analisá-la e responder até {due}, o mais tardar.",
				"Até lá, não precisa de fazer nada.",
			},
		},
		Status: {
			Subject: "Em que ponto está o seu pedido",
			Before:  []string{"Perguntou em que ponto está o seu pedido:"},
			After:   []string{"Esta resposta é breve de propósito, porque qualquer pessoa que tenha o código pode perguntar. Se tiver alguma dúvida, basta responder a este e-mail."},
		},
		ClosureLink: {
			Subject: "Por favor, confirme: {act}",
			Before:  []string{"Pediram-nos o seguinte, relativamente a {business}:"},
			Button:  "Abrir a página e confirmar",
			After: []string{
				"Enquanto ninguém confirmar, nada acontece.",
				"Se o pedido não é seu nem de alguém que trabalha no estabelecimento, não confirme e avise-nos, por favor, respondendo a este e-mail.",
			},
		},
		ClosureStarted: {
			Subject: "Confirmado: {act}",
			Before:  []string{"Foi confirmado o seguinte, relativamente a {business}:"},
			Button:  "Cancelar",
			After:   []string{"Este e-mail é enviado a todos os administradores que temos indicados. Se ninguém entre vocês queria isto, avisem-nos imediatamente, respondendo a este e-mail."},
		},
		ClosureAttempt: {
			Subject: "Não executado: {act}",
			Before:  []string{"Alguém nos pediu o seguinte, relativamente a {business}, a partir de um endereço que não é dos administradores:"},
			After: []string{
				"Não fizemos nada e não dissemos nada a quem escreveu. Não é preciso fazer nada.",
				"Se o pedido veio de alguém entre vocês, escrevam a partir do endereço de um administrador ou usem a página da conta na Mikla.",
			},
		},
		Completed: {
			Subject: "Os dados foram apagados",
			Before:  []string{"O seu pedido está concluído. Os dados foram apagados dos nossos sistemas em uso e, depois disso, uma verificação separada não encontrou lá mais nada."},
			After:   []string{"Se tiver alguma dúvida, basta responder a este e-mail."},
		},
		NotIdentified: {
			Subject: "Não foram encontrados dados que sejam seus com certeza",
			Before: []string{
				"Com o que temos, não foi possível encontrar dados que sejam seus com certeza. Por isso, nada foi apagado.",
				"Isto não significa necessariamente que não temos nada que seja seu. Envie-nos outro dado e voltaremos a procurar.",
			},
			Button: "O que nos ajuda",
			After:  []string{"Basta responder a este e-mail."},
		},
		Refused: {
			Subject: "Não podemos dar seguimento ao seu pedido",
			Before:  []string{"Uma pessoa da Mikla analisou o seu pedido e decidiu que não podemos dar-lhe seguimento. Nada foi apagado. Eis o que nos diz:"},
			After: []string{
				"Se não concorda, basta responder a este e-mail e dizê-lo: outra pessoa vai analisar o pedido.",
				"Também pode apresentar uma reclamação à sua autoridade de proteção de dados.",
			},
		},
		Question: {
			Subject: "Uma pergunta sobre o seu pedido",
			Before:  []string{"O seu pedido está nas mãos de uma pessoa da Mikla, que precisa de saber o seguinte para poder continuar:"},
			After:   []string{"Basta responder a este e-mail."},
		},
		Reminder: {
			Subject: "Ainda estamos à espera da sua resposta",
			Before:  []string{"Há alguns dias, escrevemos sobre o seu pedido. Para continuar, precisamos da sua resposta."},
			Button:  "Confirmar o pedido",
			After: []string{
				"Pode simplesmente responder a este e-mail ou ao anterior. Se ficarmos ao todo 14 dias sem resposta, fechamos o pedido e não apagamos nada.",
				"Se o pedido não é seu, ignore este e-mail: nada vai acontecer.",
			},
		},
		Lapsed: {
			Subject: "O seu pedido foi fechado",
			Before: []string{
				"Fizemos uma pergunta e não recebemos resposta durante 14 dias, por isso o seu pedido foi fechado. Nada foi apagado.",
				"Ainda deseja continuar? Basta responder a este e-mail e o seu pedido prossegue.",
			},
		},
		OptIn: {
			Subject: "Quer um e-mail quando terminarmos?",
			Before:  []string{"Na página de estado de um pedido de eliminação, alguém nos pediu que escrevêssemos para este endereço quando o pedido estiver concluído. Confirme, por favor, que o deseja."},
			Button:  "Sim, escrevam-me",
			After:   []string{"Se não foi iniciativa sua, ignore este e-mail. Não voltaremos a escrever sobre este assunto."},
		},
		Withdrawn: {
			Subject: "O seu pedido foi retirado",
			Before: []string{
				"O seu pedido foi retirado. Nada foi apagado por causa dele, nem será.",
				"Pode voltar a pedir a eliminação a qualquer momento: basta responder a este e-mail.",
			},
		},
		Answered: {
			Subject: "A sua pergunta está encerrada",
			Before:  []string{"A sua pergunta foi tratada e está encerrada. Se ainda faltar alguma coisa, basta responder a este e-mail."},
		},
	},
	Labels: labels{
		Pair: "{name}: {value}",
		Code: "O seu código de confirmação:", PIN: "Escreva este número na página:", StatusPage: "Estado do seu pedido:",
		Then: "Quando confirmar", Now: "O que acontece agora",
		Erased: "O que foi apagado", Dates: "Quando", Live: "Apagado dos nossos sistemas em uso", Backups: "Última cópia de segurança desaparecida até",
		Kept: "O que guardamos, e para quê", Until: "Guardado até {until}.", Elsewhere: "Cópias que não são nossas",
	},
	Acts: map[Scope]string{Tenant: "Fechar a conta inteira", Channel: "Desligar um canal", Lead: "Apagar os dados de um potencial cliente"},
	Effects: effects{
		Tokens: "Os tokens de acesso são apagados imediatamente e a Mikla deixa de responder às mensagens que cheguem por aí.",
		Hidden: "Os dados são ocultados imediatamente.",
		Later:  "São apagados definitivamente depois de {hours} horas. Até lá, é possível cancelar.",
		Until:  "São apagados definitivamente em {undo}. Até lá, é possível cancelar com o link abaixo.",
		AtOnce: "Os dados são apagados imediatamente. Isto não pode ser desfeito.",
	},
	Restored: []string{
		"Isto foi cancelado. Os dados voltam a ser mostrados e nenhum foi apagado.",
		"Os tokens de acesso foram apagados imediatamente, como anunciado. Volte a ligar os canais na página da conta na Mikla.",
	},
	Details: map[Detail]detailWords{
		MissingBusiness: {"O nome do estabelecimento a que escreveu", []string{
			"Está no topo da sua conversa com ele.",
			"Se houver vários com o mesmo nome, acrescente a cidade.",
		}},
		MissingHandle: {"Como o seu nome aparece na conversa", []string{
			"Instagram: o seu nome de perfil (@…). Está no topo do seu perfil.",
			"Facebook e Messenger: o nome do seu perfil ou o link. Abra o seu perfil, toque nos três pontos e depois em «Copiar link».",
			"WhatsApp: o número de telefone de onde escreveu, com o código do país. Está no menu do WhatsApp, junto do seu nome.",
		}},
		MissingCode: {"O seu código de confirmação", []string{
			"Tem 24 letras e algarismos. O Facebook ou o Instagram mostrou-o quando pediu lá a eliminação.",
			"Também está no endereço da página de estado.",
		}},
	},
	Clues: []string{
		"o nome do estabelecimento a que escreveu, e a cidade",
		"o seu nome de perfil no Instagram, o seu nome no Facebook ou o seu número de telefone no WhatsApp",
		"quando escreveu, aproximadamente",
	},
	States: map[State]string{
		StateReceived: "Temos o seu pedido e a procura dos dados está em curso.",
		StateWaiting:  "Aguardamos a sua resposta: confirme ou responda, como pede o nosso último e-mail.",
		StateProgress: "A eliminação está em curso.",
		StateTeam:     "O pedido está nas mãos de uma pessoa da Mikla.",
		StateDone:     "Concluído: os dados foram apagados.",
		StateNothing:  "Não foram encontrados dados. Se nos enviar outro dado, voltaremos a procurar.",
		StateClosed:   "O pedido está fechado e nada mais acontece.",
	},
	Stores: map[string]string{
		"conversations": "Conversas", "messages": "Mensagens", "media": "Imagens e outros anexos", "leads": "Perfis",
		"links": "Ligações a um login no Facebook ou no Instagram", "ai_audit": "Histórico de respostas automáticas",
		"ai_quotes": "Citações no histórico de respostas automáticas", "channels": "Ligações a canais", "tenants": "Contas com as suas opções",
	},
	OtherStores: "Outros dados",
	Kept: map[string]keptWords{
		"security_log":   {"Dados de segurança e antifraude", "Protegem o serviço contra abusos e contêm códigos em vez de nomes e identificadores."},
		"billing":        {"Faturas do estabelecimento", "A lei fiscal exige-as. Dizem respeito ao estabelecimento, não às pessoas que lhe escreveram."},
		"metrics":        {"Totais", "Números sem nomes, que não podem ser associados a ninguém."},
		"request_record": {"O histórico deste pedido", "Prova que a eliminação foi feita e não diz de quem eram os dados."},
	},
	Elsewhere: []string{
		"Messenger e Instagram: apague a conversa no próprio serviço e pergunte à Meta, nas páginas de privacidade dela, o que ela guarda.",
		"WhatsApp: apague a conversa no próprio serviço; em «Ajuda» pode escrever ao WhatsApp.",
	},
	TheBusiness: "O estabelecimento: tem a sua própria cópia do que lhe escreveu e é responsável por ela. Peça-lhe diretamente.",
	Who:         "Este e-mail é da {mikla}, {mailbox}. A Mikla responde a mensagens no Messenger, no Instagram e no WhatsApp em nome de estabelecimentos.",
	Why: map[Audience]string{
		Writer: "Recebe este e-mail porque alguém nos escreveu a partir deste endereço.",
		Admin:  "Recebe este e-mail porque este endereço é o de um administrador de um estabelecimento que usa a Mikla.",
		Page:   "Recebe este e-mail porque este endereço foi indicado na página de estado de um pedido.",
	},
	Promise: "A eliminação é gratuita. Não precisa de conta nem de indicar um motivo.",
}
