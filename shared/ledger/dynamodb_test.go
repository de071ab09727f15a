package ledger_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
)

// wire answers each operation with a fixed status and body, and notes what was asked.
type wire struct {
	answers map[string]answer
	asked   map[string]string
}

type answer struct {
	status int
	body   string
}

func (w *wire) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	_, operation, _ := strings.Cut(in.Header.Get("X-Amz-Target"), ".")
	body, _ := io.ReadAll(in.Body)
	w.asked[operation] = string(body)
	a := w.answers[operation]
	out.Header().Set("Content-Type", "application/x-amz-json-1.0")
	out.WriteHeader(a.status)
	_, _ = io.WriteString(out, a.body)
}

func onWire(t *testing.T, answers map[string]answer) (ledger.DynamoDB, *wire) {
	w := &wire{answers, map[string]string{}}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	client := dynamodb.New(dynamodb.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL),
		Credentials:      aws.AnonymousCredentials{},
		RetryMaxAttempts: 1})
	return ledger.DynamoDB{Client: client, Tables: map[ledger.Table]string{ledger.Records: "records", ledger.CaseFile: "casefile"}}, w
}

func failure(code, more string) answer {
	return answer{http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#` + code + `","message":"` + canaryUser + `"` + more + `}`}
}

func cancelled(reasons ...string) answer {
	var list []map[string]string
	for _, r := range reasons {
		list = append(list, map[string]string{"Code": r})
	}
	src, _ := json.Marshal(list)
	return failure("TransactionCanceledException", `,"CancellationReasons":`+string(src))
}

func TestFailedWritesAreTold(t *testing.T) {
	one := []ledger.Write{{Row: ledger.Row{Key: ledger.Key{PK: "a", SK: "a"}}}}
	two := append(one, ledger.Write{Row: ledger.Row{Key: ledger.Key{PK: "b", SK: "b"}}})
	theirs := answer{http.StatusOK, `{"Item":{"owner":{"S":"somebody"}}}`}
	mine := answer{http.StatusOK, `{"Item":{"owner":{"S":"me"}}}`}
	for name, c := range map[string]struct {
		writes []ledger.Write
		fails  answer
		reads  answer
		want   error
		kind   fault.Kind
	}{
		"condition":                   {one, failure("ConditionalCheckFailedException", ""), theirs, ledger.ErrConflict, fault.Conflict},
		"condition, but it is ours":   {one, failure("ConditionalCheckFailedException", ""), mine, nil, 0},
		"in a transaction":            {one, failure("TransactionConflictException", ""), theirs, ledger.ErrBusy, fault.Retry},
		"transaction, condition":      {two, cancelled("None", "ConditionalCheckFailed"), theirs, ledger.ErrConflict, fault.Conflict},
		"transaction, but it is ours": {two, cancelled("ConditionalCheckFailed", "None"), mine, nil, 0},
		"transaction, in another":     {two, cancelled("None", "TransactionConflict"), theirs, ledger.ErrBusy, fault.Retry},
		"transaction, both":           {two, cancelled("ConditionalCheckFailed", "TransactionConflict"), theirs, ledger.ErrConflict, fault.Conflict},
		"transaction, throttled":      {two, cancelled("None", "ThrottlingError"), theirs, nil, fault.Retry},
		"throttled":                   {one, failure("ProvisionedThroughputExceededException", ""), theirs, nil, fault.Retry},
		"read back fails":             {one, failure("ConditionalCheckFailedException", ""), failure("InternalServerError", ""), ledger.ErrConflict, fault.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			rows, _ := onWire(t, map[string]answer{"PutItem": c.fails, "TransactWriteItems": c.fails, "GetItem": c.reads})
			err := rows.Commit(t.Context(), "me", c.writes)
			switch {
			case c.want == nil && c.kind == 0 && err != nil, c.want != nil && !errors.Is(err, c.want):
				t.Errorf("got %v, want %v", err, c.want)
			case err != nil && (fault.KindOf(err) != c.kind || strings.Contains(fault.Describe(err), canaryUser)):
				t.Errorf("got %s (%s), want %s", fault.Describe(err), fault.KindOf(err), c.kind)
			}
		})
	}
}

func TestReadsAreConsistentAndWritesCarryTheToken(t *testing.T) {
	ok := answer{http.StatusOK, `{}`}
	rows, w := onWire(t, map[string]answer{"GetItem": ok, "Query": ok, "PutItem": ok, "TransactWriteItems": ok})
	ctx, row := t.Context(), ledger.Row{Key: ledger.Key{PK: "a", SK: "a"}}
	_, _, get := rows.Get(ctx, row.Key)
	_, query := rows.Query(ctx, ledger.CaseFile, "a", "b", "bc", 3)
	other := ledger.Write{Row: ledger.Row{Key: ledger.Key{PK: "b", SK: "b"}}}
	if err := errors.Join(get, query, rows.Commit(ctx, "me", []ledger.Write{{Row: row}}), rows.Commit(ctx, "me", []ledger.Write{{Row: row}, other})); err != nil {
		t.Fatal(err)
	}
	for operation, want := range map[string]string{
		"GetItem": `"ConsistentRead":true`, "Query": `"ConsistentRead":true`,
		"PutItem": `"owner":{"S":"me"}`, "TransactWriteItems": `"ClientRequestToken":"me"`,
	} {
		if !strings.Contains(w.asked[operation], want) {
			t.Errorf("%s lacks %s: %s", operation, want, w.asked[operation])
		}
	}
}

func TestReadErrorsKeepTheirKind(t *testing.T) {
	rows, _ := onWire(t, map[string]answer{"GetItem": failure("InternalServerError", ""), "Query": failure("AccessDeniedException", "")})
	_, _, get := rows.Get(t.Context(), ledger.Key{PK: "a", SK: "a"})
	_, query := rows.Query(t.Context(), ledger.CaseFile, "a", "", "", 3)
	_, due := rows.Due(t.Context(), "open", "", 3)
	for _, c := range []struct {
		err  error
		kind fault.Kind
	}{{get, fault.Retry}, {query, fault.Internal}, {due, fault.Internal}} {
		if c.err == nil || fault.KindOf(c.err) != c.kind || strings.Contains(fault.Describe(c.err), canaryUser) {
			t.Errorf("got %s (%s), want %s", fault.Describe(c.err), fault.KindOf(c.err), c.kind)
		}
	}
}
