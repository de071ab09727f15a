package postoffice

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"

	"github.com/emersion/go-smtp"
)

// SMTP makes the server that takes mail for the addresses of the receipt rules. It knows
// neither TLS nor passwords.
func (o *Office) SMTP() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{office: o}, nil }))
	server.Domain, server.MaxMessageBytes, server.EnableSMTPUTF8 = "inbound-smtp.local", largestMail, true
	server.MaxRecipients = 100
	server.ErrorLog = slog.NewLogLogger(o.log.Handler(), slog.LevelWarn)
	return server
}

// session is one connection; it holds the mail that is being handed in.
type session struct {
	office *Office
	mail   Mail
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mail = Mail{From: from}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if !s.office.Accepts(to) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "Nobody here has this address"}
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.Raw = raw
	if s.mail.Verdicts, err = judge(s.mail.From, readFields(raw)); err != nil {
		return refused(err)
	}
	s.mail.Raw = without(raw, verdictsHeader)
	_, err = s.office.Receive(context.Background(), s.mail)
	var no refusal
	if errors.As(err, &no) {
		return refused(err)
	}
	return err
}

func refused(err error) error {
	return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: strings.ReplaceAll(err.Error(), "\n", " ")}
}

func (s *session) Reset()        { s.mail = Mail{} }
func (s *session) Logout() error { return nil }
