package front

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/mikla-ai/data-deletion/infra/local/wire"
)

// tableSettings answers the control-plane calls that DynamoDB Local lacks, tags and
// point-in-time recovery, which are kept as they were set and change nothing; and it
// protects tables against being deleted, which DynamoDB Local lacks too.
type tableSettings struct {
	mu        sync.Mutex
	tags      map[string]map[string]string
	recovery  map[string]recovery
	protected map[string]bool
}

// recovery to a point in time, as it is set and as it is answered.
type recovery struct {
	PointInTimeRecoveryEnabled bool
	RecoveryPeriodInDays       int
}

// longestRecovery is how many days recovery reaches back where nobody says.
const longestRecovery = 35

func newTableSettings() *tableSettings {
	return &tableSettings{tags: map[string]map[string]string{}, recovery: map[string]recovery{}, protected: map[string]bool{}}
}

type settingsInput struct {
	TableName   string
	ResourceArn string
	Tags        []struct{ Key, Value string }
	TagKeys     []string

	PointInTimeRecoverySpecification recovery
	DeletionProtectionEnabled        bool
}

func (s *tableSettings) handler(c *call) (http.Handler, bool) {
	answers := map[string]func(settingsInput) any{
		"TagResource":               s.tag,
		"UntagResource":             s.untag,
		"ListTagsOfResource":        s.listTags,
		"UpdateContinuousBackups":   s.setRecovery,
		"DescribeContinuousBackups": s.describeRecovery,
	}
	answer, ok := answers[c.Operation]
	if !ok {
		return nil, false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var in settingsInput
		if err := json.Unmarshal(c.Body, &in); err != nil {
			write(w, wire.JSON(http.StatusBadRequest, map[string]string{"__type": "com.amazon.coral.validate#ValidationException", "message": err.Error()}))
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		write(w, wire.JSON(http.StatusOK, answer(in)))
	}), true
}

func (s *tableSettings) tag(in settingsInput) any {
	if s.tags[in.ResourceArn] == nil {
		s.tags[in.ResourceArn] = map[string]string{}
	}
	for _, tag := range in.Tags {
		s.tags[in.ResourceArn][tag.Key] = tag.Value
	}
	return struct{}{}
}

func (s *tableSettings) untag(in settingsInput) any {
	for _, key := range in.TagKeys {
		delete(s.tags[in.ResourceArn], key)
	}
	return struct{}{}
}

func (s *tableSettings) listTags(in settingsInput) any {
	tags := []map[string]string{}
	for key, value := range s.tags[in.ResourceArn] {
		tags = append(tags, map[string]string{"Key": key, "Value": value})
	}
	return map[string]any{"Tags": tags}
}

func (s *tableSettings) setRecovery(in settingsInput) any {
	set := in.PointInTimeRecoverySpecification
	if set.RecoveryPeriodInDays == 0 {
		set.RecoveryPeriodInDays = longestRecovery
	}
	s.recovery[in.TableName] = set
	return s.describeRecovery(in)
}

func (s *tableSettings) describeRecovery(in settingsInput) any {
	described := map[string]any{"PointInTimeRecoveryStatus": "DISABLED"}
	if set := s.recovery[in.TableName]; set.PointInTimeRecoveryEnabled {
		described = map[string]any{"PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": set.RecoveryPeriodInDays}
	}
	return map[string]any{"ContinuousBackupsDescription": map[string]any{
		"ContinuousBackupsStatus":        "ENABLED",
		"PointInTimeRecoveryDescription": described,
	}}
}

// protecting passes a call about a whole table on and adds whether the table is protected
// against deletion.
func (s *tableSettings) protecting(c *call, engine http.Handler) (http.Handler, bool) {
	if c.Operation != "CreateTable" && c.Operation != "DescribeTable" && c.Operation != "DeleteTable" {
		return nil, false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in settingsInput
		// What cannot be read DynamoDB Local refuses.
		if json.Unmarshal(c.Body, &in) == nil && c.Operation == "DeleteTable" && s.isProtected(in.TableName) {
			write(w, wire.JSON(http.StatusBadRequest, map[string]string{"__type": "com.amazon.coral.validate#ValidationException",
				"message": "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."}))
			return
		}
		answer := newRecorder()
		engine.ServeHTTP(answer, r)
		if answer.status != http.StatusOK {
			write(w, wire.Answer{Status: answer.status, Header: answer.header, Body: answer.body.Bytes()})
			return
		}
		if c.Operation == "CreateTable" {
			s.protect(in)
		}
		write(w, s.withProtection(in.TableName, answer.body.Bytes()))
	}), true
}

func (s *tableSettings) isProtected(table string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.protected[table]
}

// protect notes it of a new table, which has nothing of one that was called so before.
func (s *tableSettings) protect(in settingsInput) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.protected[in.TableName] = in.DeletionProtectionEnabled
	delete(s.recovery, in.TableName)
}

func (s *tableSettings) withProtection(table string, body []byte) wire.Answer {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var answer map[string]any
	if err := decoder.Decode(&answer); err != nil {
		return wire.JSON(http.StatusInternalServerError, map[string]string{"message": err.Error()})
	}
	for _, name := range []string{"Table", "TableDescription"} {
		if described, ok := answer[name].(map[string]any); ok {
			described["DeletionProtectionEnabled"] = s.isProtected(table)
		}
	}
	return wire.JSON(http.StatusOK, answer)
}
