package main

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

func loadMap(t *testing.T) *datamap.Map {
	t.Helper()
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEveryStoreIsInTheDataMapAndTagged(t *testing.T) {
	for _, problem := range checkStores(loadMap(t), golden(t)) {
		t.Error(problem)
	}
}

// A further store of the platform is an entry of the map and nothing else: table, index,
// names and rights follow, and a template without it is refused.
func TestAStoreAddedToTheMapIsDeployedAndServed(t *testing.T) {
	source, err := os.ReadFile("../../shared/datamap/datamap.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := datamap.Parse("datamap.yaml", append(source, `
  - name: notes
    owner: platform
    kind: table
    category: lead_profile
    key: [lead_key, note_id]
    parent: leads
    find:
      lead: [{where: {lead_key: "{tenant_id}#{lead_id}"}}]
      channel: [{from: leads, where: {lead_key: "{tenant_id}#{lead_id}"}}]
      tenant: [{from: leads, where: {lead_key: "{tenant_id}#{lead_id}"}}]
    hidden_by: deleting_at
    backup: {under: lead}
    rule: delete
`...))
	if err != nil {
		t.Fatal(err)
	}
	sources, err := goldenTemplates(dev, m) // refuses what is not in the map
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	deployed, err := parseTemplate(sources["Deletion"])
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range slices.Sorted(maps.Keys(deployed.Resources)) {
		r := deployed.Resources[id]
		for _, granted := range rightsOf(t, r) {
			if r.Type == "AWS::IAM::Role" && strings.HasSuffix(granted.resource, "table/mikla-dev-notes") {
				got = append(got, id[:5]+" "+strings.TrimPrefix(granted.action, "dynamodb:"))
			}
		}
	}
	want := "Backu DescribeContinuousBackups, Backu DescribeTable, " +
		"Fence Query, Fence BatchGetItem, Fence GetItem, Fence UpdateItem, " +
		"Purge Query, Purge BatchGetItem, Purge BatchWriteItem, Purge DeleteItem, Purge GetItem, Purge UpdateItem, " +
		"Resto Query, Resto RestoreTableToPointInTime, Resto BatchGetItem, Resto DescribeContinuousBackups, Resto DescribeTable, Resto GetItem, Resto Scan, Resto ConditionCheckItem, Resto PutItem, " +
		"Snaps Query, Snaps BatchGetItem, Snaps GetItem, " +
		"Verif Query, Verif BatchGetItem, Verif GetItem"
	if strings.Join(got, ", ") != want {
		t.Errorf("rights on the new store: %s", strings.Join(got, ", "))
	}
	templates := golden(t) // those of the map without it
	if problems := checkStores(m, templates); len(problems) != 1 || !strings.Contains(problems[0], `store "notes"`) {
		t.Errorf("a map with a store that is not deployed: %v", problems)
	}
	if templates["PlatformDev"], err = parseTemplate(sources["PlatformDev"]); err != nil {
		t.Fatal(err)
	}
	if problems := checkStores(loadMap(t), templates); len(problems) != 1 || !strings.Contains(problems[0], `"notes" is not in shared/datamap/datamap.yaml`) {
		t.Errorf("a deployed store that is not in the map: %v", problems)
	}
}

// guestHouse is a map and a deployment that agree.
func guestHouse() (*datamap.Map, map[string]template) {
	tags := func(store string) []any {
		return []any{
			map[string]any{"Key": personalTag, "Value": "true"},
			map[string]any{"Key": storeTag, "Value": store},
		}
	}
	replica := map[string]any{"Region": "eu-west-1", "Tags": tags("guests")}
	return &datamap.Map{Stores: []datamap.Store{{Name: "guests", Kind: "table"}, {Name: "photos", Kind: "bucket"}}},
		map[string]template{"House": {Resources: map[string]resource{
			"Guests": {Type: "AWS::DynamoDB::GlobalTable", Properties: map[string]any{"Replicas": []any{replica}}},
			"Photos": {Type: "AWS::S3::Bucket", Properties: map[string]any{"Tags": tags("photos")}},
			"Bell":   {Type: "AWS::SQS::Queue"},
		}}}
}

func TestStoreCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(m *datamap.Map, house map[string]resource)
		want   string
	}{
		{"agrees", func(*datamap.Map, map[string]resource) {}, ""},
		{"tagged store that the map lacks",
			func(m *datamap.Map, _ map[string]resource) { m.Stores = m.Stores[:1] },
			`House/Photos is tagged personal-data and its store "photos" is not in shared/datamap/datamap.yaml: nothing would delete it`},
		{"store of the map without the tag",
			func(_ *datamap.Map, house map[string]resource) {
				tags := house["Photos"].Properties["Tags"].([]any)
				house["Photos"].Properties["Tags"] = tags[1:]
			},
			`House/Photos is store "photos" of the data map and lacks the tag personal-data=true`},
		{"table that says nothing",
			func(_ *datamap.Map, house map[string]resource) {
				house["Cellar"] = resource{Type: "AWS::DynamoDB::Table"}
			},
			"House/Cellar says nothing about personal data: list it in shared/datamap/datamap.yaml and tag it"},
		{"store of the map that is nowhere",
			func(_ *datamap.Map, house map[string]resource) { delete(house, "Guests") },
			`store "guests" of the data map is in no stack under the tag store`},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, templates := guestHouse()
			c.change(m, templates["House"].Resources)
			if got := strings.Join(checkStores(m, templates), "\n"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestEveryStoreHasAKeyOfOurs(t *testing.T) {
	for id, r := range ofType(t, "AWS::DynamoDB::GlobalTable") {
		for _, replica := range r.Properties["Replicas"].([]any) {
			if object(replica.(map[string]any), "SSESpecification")["KMSMasterKeyId"] == nil {
				t.Errorf("%s is not encrypted with a customer-managed key", id)
			}
		}
	}
	for id, r := range ofType(t, "AWS::S3::Bucket") {
		rules := object(r.Properties, "BucketEncryption")["ServerSideEncryptionConfiguration"].([]any)
		byDefault := object(rules[0].(map[string]any), "ServerSideEncryptionByDefault")
		if byDefault["SSEAlgorithm"] != "aws:kms" || byDefault["KMSMasterKeyID"] == nil {
			t.Errorf("%s is not encrypted with a customer-managed key", id)
		}
	}
	for id, r := range ofType(t, "AWS::SQS::Queue", "AWS::SNS::Topic") {
		if r.Properties["KmsMasterKeyId"] == nil {
			t.Errorf("%s is not encrypted with a customer-managed key", id)
		}
	}
	for id, r := range ofType(t, "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret") {
		if r.Properties["KmsKeyId"] == nil {
			t.Errorf("%s is not encrypted with a customer-managed key", id)
		}
	}
	for id, r := range ofType(t, "AWS::KMS::Key") {
		if r.Properties["EnableKeyRotation"] != true {
			t.Errorf("%s is not rotated", id)
		}
	}
}

// A store keeps what it deletes readable for a day at the most, or P6 breaks.
func TestNothingKeepsDeletedRecordsLong(t *testing.T) {
	for id, r := range ofType(t, "AWS::DynamoDB::GlobalTable") {
		for _, replica := range r.Properties["Replicas"].([]any) {
			spec := object(replica.(map[string]any), "PointInTimeRecoverySpecification")
			if spec["PointInTimeRecoveryEnabled"] == true && spec["RecoveryPeriodInDays"] != 1.0 {
				t.Errorf("%s: point-in-time recovery of %v days", id, spec["RecoveryPeriodInDays"])
			}
			forgets := slices.Contains([]any{"mikla-dev-casefile", "mikla-dev-casekeys", "mikla-dev-snapshotkeys", "mikla-dev-backupruns"}, r.Properties["TableName"])
			if forgets == (spec["PointInTimeRecoveryEnabled"] == true) {
				t.Errorf("%s: point-in-time recovery %v", id, spec["PointInTimeRecoveryEnabled"])
			}
		}
	}
	for id, r := range ofType(t, "AWS::S3::Bucket") {
		if r.Properties["VersioningConfiguration"] == nil {
			continue // what is deleted is gone
		}
		rules := object(r.Properties, "LifecycleConfiguration")["Rules"].([]any)
		days, _ := object(rules[0].(map[string]any), "NoncurrentVersionExpiration")["NoncurrentDays"].(float64)
		if days <= 0 || days >= 28 {
			t.Errorf("%s keeps noncurrent versions %v days", id, days)
		}
	}
}

func TestTablesAreAsTheDataMapDeclaresThem(t *testing.T) {
	tables := map[string]resource{}
	for _, r := range ofType(t, "AWS::DynamoDB::GlobalTable") {
		tables[tagsOf(r)[storeTag]] = r
	}
	for _, store := range loadMap(t).Stores {
		if store.Kind != "table" {
			continue
		}
		properties := tables[store.Name].Properties
		if got := keyNames(properties["KeySchema"]); !slices.Equal(got, store.Key) {
			t.Errorf("%s has key %v, want %v", store.Name, got, store.Key)
		}
		list, _ := properties["GlobalSecondaryIndexes"].([]any)
		if len(list) != len(store.Indexes) {
			t.Errorf("%s has %d indexes, want %d", store.Name, len(list), len(store.Indexes))
		}
		for _, entry := range list {
			index := entry.(map[string]any)
			name := index["IndexName"].(string)
			if got := keyNames(index["KeySchema"]); !slices.Equal(got, store.Indexes[name]) {
				t.Errorf("%s/%s has key %v, want %v", store.Name, name, got, store.Indexes[name])
			}
			if object(index, "Projection")["ProjectionType"] != "KEYS_ONLY" {
				t.Errorf("%s/%s holds more than keys", store.Name, name)
			}
		}
		ttl, _ := object(properties, "TimeToLiveSpecification")["AttributeName"].(string)
		if ttl != store.Expires {
			t.Errorf("%s expires by %q, want %q", store.Name, ttl, store.Expires)
		}
	}
}

func keyNames(schema any) []string {
	var names []string
	entries, _ := schema.([]any)
	for _, entry := range entries {
		names = append(names, entry.(map[string]any)["AttributeName"].(string))
	}
	return names
}

func TestOwnDataOutlivesTheStackAndDevDataDoesNot(t *testing.T) {
	for stack, want := range map[string]string{"Deletion": "Retain", "PlatformDev": "Delete"} {
		for id, r := range golden(t)[stack].Resources {
			lasts := holdsData(r) || r.Type == "AWS::KMS::Key" || r.Type == "AWS::SecretsManager::Secret"
			if lasts && r.DeletionPolicy != want {
				t.Errorf("%s/%s has deletion policy %q, want %q", stack, id, r.DeletionPolicy, want)
			}
		}
	}
}

func TestEveryQueueHasADeadLetterQueueOrIsOne(t *testing.T) {
	queues := ofType(t, "AWS::SQS::Queue")
	targets := map[string]bool{}
	for _, r := range queues {
		arn, _ := object(object(r.Properties, "RedrivePolicy"), "deadLetterTargetArn")["Fn::GetAtt"].([]any)
		if len(arn) > 0 {
			targets[arn[0].(string)] = true
		}
	}
	for id, r := range queues {
		if r.Properties["RedrivePolicy"] == nil && !targets[id] {
			t.Errorf("%s has no dead letter queue and is none", id)
		}
	}
}

// What is no table or bucket says in the map how long it keeps what, and keeps it so long.
func TestQueuesAndLogsKeepWhatTheMapSays(t *testing.T) {
	m, listed := loadMap(t), 0
	age := func(name, kind string) float64 {
		s, ok := m.Store(name)
		if !ok || s.Kind != kind {
			t.Errorf("%s %q is not in shared/datamap/datamap.yaml", kind, name)
		}
		listed++
		return float64(s.MaxAgeDays)
	}
	for id, r := range ofType(t, "AWS::SQS::Queue") {
		name := strings.TrimPrefix(r.Properties["QueueName"].(string), dev.name(""))
		if got, _ := r.Properties["MessageRetentionPeriod"].(float64); got != age(name, "queue")*24*60*60 {
			t.Errorf("%s keeps messages for %v seconds", id, got)
		}
	}
	for _, s := range m.Stores {
		if s.Kind == "queue" {
			listed--
		}
	}
	if listed != 0 {
		t.Errorf("the map lists queues that are not deployed (%d)", -listed)
	}
	for id, r := range ofType(t, "AWS::Logs::LogGroup") {
		if got := r.Properties["RetentionInDays"]; got != age("logs", "log") {
			t.Errorf("%s keeps logs for %v days", id, got)
		}
	}
}

func TestLogsExpireWithinAMonth(t *testing.T) {
	for id, r := range ofType(t, "AWS::Logs::LogGroup") {
		days, _ := r.Properties["RetentionInDays"].(float64)
		// CloudWatch may take three days to remove what has expired.
		if days < 1 || days+3 > 30 {
			t.Errorf("%s keeps logs %v days", id, r.Properties["RetentionInDays"])
		}
	}
}
