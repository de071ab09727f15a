package postoffice

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
)

// Path is where a mail is handed in over HTTP.
const Path = "/_local/mail"

// ServeHTTP takes a raw mail as SES would: POST /_local/mail?dmarc=PASS&from=…&to=…, whose
// answer is 202 {"message_id": …}. What the query does not say is PASS, and who wrote to
// whom is read off the header.
func (o *Office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestMail+1))
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, map[string]string{"error": err.Error()})
		return
	}
	m, err := o.handedIn(raw, r.URL.Query())
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	id, err := o.Receive(r.Context(), m)
	var no refusal
	switch {
	case errors.As(err, &no):
		answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
	case err != nil:
		answer(w, http.StatusBadGateway, map[string]string{"error": err.Error()})
	default:
		answer(w, http.StatusAccepted, map[string]string{"message_id": id})
	}
}

// handedIn puts the envelope around a mail. One whose header names none of our addresses
// came to the first of them as a blind copy.
func (o *Office) handedIn(raw []byte, query url.Values) (Mail, error) {
	m := Mail{Raw: raw}
	header := readFields(raw)
	if query.Has("from") {
		m.From = query.Get("from")
	} else if from := header.addresses("From"); len(from) > 0 {
		m.From = from[0]
	}
	if m.To = query["to"]; m.To == nil {
		m.To = slices.DeleteFunc(header.addresses("To", "Cc"), func(to string) bool { return !o.Accepts(to) })
	}
	if len(m.To) == 0 {
		m.To = o.mailboxes()
	}
	query.Del("from")
	query.Del("to")
	var err error
	m.Verdicts, err = passed.with(query)
	return m, err
}

// mailboxes is the first address that a rule lists.
func (o *Office) mailboxes() []string {
	for _, rule := range o.world.ReceiptRules {
		for _, listed := range rule.Recipients {
			if takes(rule, listed) {
				return []string{listed}
			}
		}
	}
	return nil
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
