package front

import (
	"encoding/json"
	"net/http"
	"sync"

	"github.com/mikla-ai/data-deletion/infra/local/wire"
)

// tableSettings answers the control-plane calls that DynamoDB Local lacks: tags and
// point-in-time recovery. They are kept as they were set and change nothing.
type tableSettings struct {
	mu       sync.Mutex
	tags     map[string]map[string]string
	recovery map[string]bool
}

func newTableSettings() *tableSettings {
	return &tableSettings{tags: map[string]map[string]string{}, recovery: map[string]bool{}}
}

type settingsInput struct {
	TableName   string
	ResourceArn string
	Tags        []struct{ Key, Value string }
	TagKeys     []string

	PointInTimeRecoverySpecification struct{ PointInTimeRecoveryEnabled bool }
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
	s.recovery[in.TableName] = in.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled
	return s.describeRecovery(in)
}

func (s *tableSettings) describeRecovery(in settingsInput) any {
	status := "DISABLED"
	if s.recovery[in.TableName] {
		status = "ENABLED"
	}
	return map[string]any{"ContinuousBackupsDescription": map[string]any{
		"ContinuousBackupsStatus":        "ENABLED",
		"PointInTimeRecoveryDescription": map[string]string{"PointInTimeRecoveryStatus": status},
	}}
}
