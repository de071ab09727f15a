package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// noop speaks just enough of DynamoDB that one guest's messages seem to be there until
// they are deleted, and does next to nothing for it: what a purge then takes is the
// purge's own. Everything else goes to the engine.
type noop struct {
	URL    string
	guest  guest
	server *http.Server
	engine http.Handler

	mu   sync.Mutex
	gone []bool
	left int
}

func serveNoop(engine string, g guest) (*noop, error) {
	to, err := url.Parse(engine)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve a table that does nothing: %w", err)
	}
	n := &noop{URL: "http://" + listener.Addr().String(), guest: g, gone: make([]bool, g.messages), left: g.messages,
		engine: httputil.NewSingleHostReverseProxy(to)}
	n.server = &http.Server{Handler: n, ReadHeaderTimeout: patience}
	go func() { _ = n.server.Serve(listener) }()
	return n, nil
}

func (n *noop) close() { _ = n.server.Close() }

func (n *noop) remaining() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.left
}

func (n *noop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller is gone
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	answer, ours, err := n.answer(operation, body)
	switch {
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"__type":"com.amazon.coral.validate#ValidationException","message":%q}`, err)
	case ours:
		// As DynamoDB does: without the checksum the client takes the answer for damaged
		// when it closes it, and dials anew for every call.
		w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(answer)), 10))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = w.Write(answer)
	default:
		replay(r, body)
		n.engine.ServeHTTP(w, r)
	}
}

// replay gives a request a body that can be sent again, if a connection that idled turns
// out to be closed.
func replay(r *http.Request, body []byte) {
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
	r.ContentLength = int64(len(body))
}

// attribute is a string as DynamoDB writes it.
type attribute struct{ S string }

// question is what is read of a Query.
type question struct {
	TableName, IndexName, Select string
	KeyConditionExpression       string
	FilterExpression             string
	ExpressionAttributeValues    map[string]attribute
	ExclusiveStartKey            struct {
		MessageKey attribute `json:"message_key"`
	}
	Limit int
}

// orders are a BatchWriteItem's.
type orders struct {
	RequestItems map[string][]struct {
		DeleteRequest *struct {
			Key struct {
				ConversationID attribute `json:"conversation_id"`
				MessageKey     attribute `json:"message_key"`
			}
		}
	}
}

// answer says whether the call is about the guest's messages, and answers it then.
func (n *noop) answer(operation string, body []byte) (answer []byte, ours bool, err error) {
	switch operation {
	case "Query":
		var q question
		if json.Unmarshal(body, &q) != nil || !n.isOurs(q) {
			return nil, false, nil
		}
		answer, err = n.query(q)
		return answer, true, err
	case "BatchWriteItem":
		var o orders
		if json.Unmarshal(body, &o) != nil || len(o.RequestItems[messagesTable]) == 0 {
			return nil, false, nil
		}
		return []byte(`{"UnprocessedItems":{}}`), true, n.delete(o)
	}
	return nil, false, nil
}

func (n *noop) isOurs(q question) bool {
	for _, value := range q.ExpressionAttributeValues {
		if q.TableName == messagesTable && q.IndexName == "" && value.S == n.guest.conversation() {
			return true
		}
	}
	return false
}

// mostPerPage is about what DynamoDB puts into its 1 MB.
const mostPerPage = 2500

// query answers a page, in order. A condition that it does not know is refused: it
// would measure something else.
func (n *noop) query(q question) ([]byte, error) {
	start, err := n.start(q)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	out := bytes.NewBufferString(`{"Items":[`)
	count, last := 0, 0
	limit := mostPerPage
	if q.Limit > 0 {
		limit = min(q.Limit, mostPerPage)
	}
	for i := start; i < len(n.gone) && count < limit; i++ {
		if n.gone[i] {
			continue
		}
		if q.Select != "COUNT" {
			n.guest.writeItem(out, i, count > 0)
		}
		count, last = count+1, i
	}
	fmt.Fprintf(out, `],"Count":%d,"ScannedCount":%d`, count, count)
	if count == limit {
		fmt.Fprintf(out, `,"LastEvaluatedKey":{"conversation_id":{"S":%q},"message_key":{"S":%q}}`, n.guest.conversation(), n.guest.messageKey(last))
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// start is the number of the first message that a query may return.
func (n *noop) start(q question) (int, error) {
	if q.FilterExpression != "" || strings.ContainsAny(q.KeyConditionExpression, "<(") || strings.Contains(q.KeyConditionExpression, "BETWEEN") {
		return 0, fmt.Errorf("the table that does nothing knows no condition %q, %q", q.KeyConditionExpression, q.FilterExpression)
	}
	start := 0
	for _, value := range q.ExpressionAttributeValues { // sort key >= value
		for value.S != n.guest.conversation() && start < n.guest.messages && n.guest.messageKey(start) < value.S {
			start++
		}
	}
	if after := q.ExclusiveStartKey.MessageKey.S; after != "" {
		i, err := messageNumber(after)
		return max(start, i+1), err
	}
	return start, nil
}

// writeItem is guest.message as JSON, without an encoder: it must cost nothing.
func (g guest) writeItem(out *bytes.Buffer, i int, comma bool) {
	if comma {
		out.WriteByte(',')
	}
	at := g.sentAt(i)
	fmt.Fprintf(out, `{"conversation_id":{"S":%q},"message_key":{"S":"%s#m_%d"},"message_id":{"S":"m_%d"},"sent_at":{"S":%q},"tenant_id":{"S":%q},"lead_id":{"S":%q},"direction":{"S":"in"},"body":{"S":%q},"attachments":{"L":[]}}`,
		g.conversation(), at, i, i, at, tenant, g.lead(), words)
}

func (n *noop) delete(o orders) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, order := range o.RequestItems[messagesTable] {
		if order.DeleteRequest == nil || order.DeleteRequest.Key.ConversationID.S != n.guest.conversation() {
			return fmt.Errorf("the table that does nothing only deletes the messages of %s", n.guest.conversation())
		}
		i, err := messageNumber(order.DeleteRequest.Key.MessageKey.S)
		if err != nil || i < 0 || i >= len(n.gone) {
			return fmt.Errorf("no such message: %w", err)
		}
		if !n.gone[i] {
			n.gone[i] = true
			n.left--
		}
	}
	return nil
}
