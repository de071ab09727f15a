package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// expected is what the functions' Config and the documents rely on.
var expected = map[string]struct {
	timeout     float64
	environment string
}{
	"meta-callback":  {10, "CASEFILE_TABLE CASEKEYS_TABLE CODE_SECRET FINGERPRINT_SECRET LEDGER_TABLE META_APPS_SECRET PUBLIC_BASE_URL SECURITY_LOG_TABLE START_QUEUE_URL"},
	"start-deletion": {30, "LEDGER_TABLE STATE_MACHINE_ARN"},
	"locate":         {60, "CASEFILE_TABLE CASEKEYS_TABLE LEDGER_TABLE STORES"},
	"fence":          {60, "CASEFILE_TABLE CASEKEYS_TABLE FINGERPRINT_SECRET LEDGER_TABLE STORES TOMBSTONES_TABLE"},
	"purge":          {900, "CASEFILE_TABLE CASEKEYS_TABLE LEDGER_TABLE STORES WRITE_BUDGET"},
	"shred":          {900, "CASEFILE_TABLE CASEKEYS_TABLE FINGERPRINT_SECRET LEDGER_TABLE SNAPSHOTKEYS_TABLE SNAPSHOT_BUCKET TOMBSTONES_TABLE"},
	"verify":         {900, "CASEFILE_TABLE CASEKEYS_TABLE FINGERPRINT_SECRET INDEX_SETTLE_SECONDS LEDGER_TABLE SNAPSHOTKEYS_TABLE SNAPSHOT_BUCKET STORES"},
	"close":          {60, "CASEFILE_TABLE CASEKEYS_TABLE LEDGER_TABLE LETTERS_QUEUE_URL MAIL_BUCKET RECOVERY_DAYS"},
	"sweep":          {50, "LEDGER_TABLE LETTERS_QUEUE_URL START_QUEUE_URL STATE_MACHINE_ARN"},
	"status":         {10, "LEDGER_TABLE"},
	"mail-intake":    {60, "CASEFILE_TABLE CASEKEYS_TABLE CODE_SECRET FINGERPRINT_SECRET LEDGER_TABLE LETTERS_QUEUE_URL MAIL_BUCKET START_QUEUE_URL TENANTS_TABLE UNDO_CHANNEL_SECONDS UNDO_TENANT_SECONDS"},
	"mail-send":      {30, "CASEFILE_TABLE CASEKEYS_TABLE CODE_SECRET CONFIGURATION_SET FINGERPRINT_SECRET LEDGER_TABLE PUBLIC_BASE_URL SENDER"},
	"mail-events":    {30, "CASEFILE_TABLE CASEKEYS_TABLE LEDGER_TABLE"},
	"link":           {10, "CASEFILE_TABLE CASEKEYS_TABLE CODE_SECRET FINGERPRINT_SECRET LEDGER_TABLE LETTERS_QUEUE_URL PUBLIC_BASE_URL START_QUEUE_URL"},
	"snapshot-start": {60, "SNAPSHOT_QUEUE_URL STORES"},
	"snapshot":       {900, "BACKUPRUNS_TABLE FINGERPRINT_SECRET LEDGER_TABLE READ_BUDGET SNAPSHOTKEYS_TABLE SNAPSHOT_BUCKET SNAPSHOT_KEY_ID SNAPSHOT_QUEUE_URL STORES TOMBSTONES_TABLE"},
	"rotate":         {900, "SNAPSHOT_BUCKET STORES"},
	"backup-audit":   {300, "RECOVERY_DAYS SNAPSHOTKEYS_TABLE SNAPSHOT_BUCKET STORES"},
	"backup-drill":   {300, "SNAPSHOTKEYS_TABLE SNAPSHOT_BUCKET SNAPSHOT_KEY_ID TOMBSTONES_TABLE"},
}

// deployed is the functions of the template by folder.
func deployed(t *testing.T) map[string]resource {
	t.Helper()
	functions := map[string]resource{}
	for id, r := range ofType(t, "AWS::Lambda::Function") {
		folder, ours := strings.CutPrefix(r.Properties["FunctionName"].(string), "mikla-dev-deletion-")
		if !ours {
			t.Errorf("%s is called %v", id, r.Properties["FunctionName"])
		}
		functions[folder] = r
	}
	return functions
}

func TestFunctionsAreAsDocumented(t *testing.T) {
	functions := deployed(t)
	if got, want := slices.Sorted(maps.Keys(functions)), slices.Sorted(maps.Keys(expected)); !slices.Equal(got, want) {
		t.Fatalf("deployed are %v, want %v", got, want)
	}
	for folder, want := range expected {
		p := functions[folder].Properties
		keys := slices.Sorted(maps.Keys(object(object(p, "Environment"), "Variables")))
		if got := strings.Join(keys, " "); got != want.environment {
			t.Errorf("%s has environment\n%s, want\n%s", folder, got, want.environment)
		}
		got := fmt.Sprint(p["Timeout"], p["MemorySize"], p["Architectures"], p["Runtime"], p["Handler"])
		if wanted := fmt.Sprint(want.timeout, 256, []any{"arm64"}, "provided.al2023", "bootstrap"); got != wanted {
			t.Errorf("%s is %s, want %s", folder, got, wanted)
		}
	}
}

func TestEveryFunctionFolderDeploys(t *testing.T) {
	mains, err := filepath.Glob("../../functions/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, file := range mains {
		folders = append(folders, filepath.Base(filepath.Dir(file)))
	}
	if want := slices.Sorted(slices.Values(functionFolders)); !slices.Equal(folders, want) {
		t.Errorf("functions/ holds %v, deployed are %v", folders, want)
	}
}

func TestStoresNameWhatDeletionsTouch(t *testing.T) {
	want := map[string]string{
		"tenants": "mikla-dev-tenants", "channels": "mikla-dev-channels", "links": "mikla-dev-links", "leads": "mikla-dev-leads", "conversations": "mikla-dev-conversations",
		"messages": "mikla-dev-messages", "ai_audit": "mikla-dev-ai_audit", "ai_quotes": "mikla-dev-ai_quotes",
		"media": "mikla-dev-media-000000000000",
	}
	for folder, r := range deployed(t) {
		value, ok := object(object(r.Properties, "Environment"), "Variables")["STORES"].(string)
		if !ok {
			continue
		}
		var got map[string]string
		if err := json.Unmarshal([]byte(value), &got); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s has STORES %v, want %v", folder, got, want)
		}
	}
}

// A budget is a share of what the tables bear; none is said by 0 alone.
func TestBudgets(t *testing.T) {
	for _, c := range []struct{ capacity, percent, want int }{{onDemand, 25, 1000}, {onDemand, 0, 0}, {3, 25, 1}, {40000, 100, 40000}} {
		s := Stage{WriteCapacity: c.capacity, PurgePercent: c.percent, ReadCapacity: 3 * c.capacity, SnapshotPercent: c.percent}
		if got := s.writeBudget(); got != c.want {
			t.Errorf("%d%% of %d is %d, want %d", c.percent, c.capacity, got, c.want)
		}
		if got, want := s.readBudget(), 3*c.capacity*c.percent/100; got != want {
			t.Errorf("%d%% of %d is %d, want %d", c.percent, 3*c.capacity, got, want)
		}
	}
	for folder, want := range map[string][2]string{"purge": {"WRITE_BUDGET", "1000"}, "snapshot": {"READ_BUDGET", "3000"}} {
		environment := object(object(deployed(t)[folder].Properties, "Environment"), "Variables")
		if got := environment[want[0]]; got != want[1] {
			t.Errorf("%s has %s %v", folder, want[0], got)
		}
	}
}

// right is one action on one resource.
type right struct{ action, resource string }

// rightsOf a role of the template, with references written as JSON.
func rightsOf(t *testing.T, r resource) []right {
	t.Helper()
	var list []right
	policies, _ := r.Properties["Policies"].([]any)
	for _, policy := range policies {
		document := object(policy.(map[string]any), "PolicyDocument")
		for _, s := range document["Statement"].([]any) {
			statement := s.(map[string]any)
			for _, action := range texts(statement["Action"]) {
				for _, on := range texts(statement["Resource"]) {
					list = append(list, right{action, on})
				}
			}
		}
	}
	return list
}

// texts is one value or a list of them as strings.
func texts(value any) []string {
	list, many := value.([]any)
	if !many {
		list = []any{value}
	}
	var out []string
	for _, entry := range list {
		if text, ok := entry.(string); ok {
			out = append(out, text)
			continue
		}
		encoded, _ := json.Marshal(entry)
		out = append(out, string(encoded))
	}
	return out
}

// roleOf the function in a folder.
func roleOf(t *testing.T, folder string) resource {
	t.Helper()
	role := object(deployed(t)[folder].Properties, "Role")["Fn::GetAtt"].([]any)
	return golden(t)["Deletion"].Resources[role[0].(string)]
}

// Where "*" may end a resource: it stands for what has no name yet.
var openEnded = regexp.MustCompile(`^arn:aws:(s3:::mikla-dev-(media-\d+|snapshots-\d+(/(manifests|indexes|frames))?|mail-\d+/(raw|decisions))/\*|dynamodb:[^*]+:table/mikla-dev-[a-z_]+-restore-\*(/index/\*)?|states:[^*]+:execution:mikla-dev-deletion:\*)$`)

func TestRolesGrantNothingByWildcard(t *testing.T) {
	for id, r := range ofType(t, "AWS::IAM::Role") {
		if r.Properties["ManagedPolicyArns"] != nil && !strings.HasPrefix(id, "ApiCloudWatchRole") {
			t.Errorf("%s has managed policies", id)
		}
		for _, granted := range rightsOf(t, r) {
			if strings.Contains(granted.action, "*") {
				t.Errorf("%s may %s", id, granted.action)
			}
			// Listing tables or buckets has no narrower form.
			lists := granted.action == "dynamodb:ListTables" || granted.action == "s3:ListAllMyBuckets"
			if strings.Contains(granted.resource, "*") && !openEnded.MatchString(granted.resource) && !lists {
				t.Errorf("%s may %s on %s", id, granted.action, granted.resource)
			}
		}
	}
	for _, tmpl := range golden(t) {
		for id, r := range tmpl.Resources {
			if r.Type == "AWS::IAM::Policy" || r.Type == "AWS::IAM::ManagedPolicy" {
				t.Errorf("%s was added by the CDK", id)
			}
		}
	}
}

var liveStore = regexp.MustCompile(`mikla-dev-(tenants|channels|leads|links|conversations|messages|ai_audit|ai_quotes|media|billing|security_log|metrics)(-\d+)?(/|$)`)

func writesData(action string) bool {
	service, operation, _ := strings.Cut(action, ":")
	reads := []string{"GetItem", "BatchGetItem", "Query", "Scan", "ConditionCheckItem", "ListBucketVersions", "DescribeTable", "DescribeContinuousBackups"}
	return (service == "dynamodb" || service == "s3") && !slices.Contains(reads, operation)
}

func TestWhoMayWriteWhere(t *testing.T) {
	want := map[string]string{
		"meta-callback": "security_log",
		"fence":         "channels conversations leads tenants",
		"purge":         "ai_audit ai_quotes channels conversations leads links media messages tenants",
		"rotate":        "media",
	}
	for _, folder := range functionFolders {
		stores := map[string]bool{}
		for _, granted := range rightsOf(t, roleOf(t, folder)) {
			if store := liveStore.FindStringSubmatch(granted.resource); store != nil && writesData(granted.action) {
				stores[store[1]] = true
			}
		}
		if got := strings.Join(slices.Sorted(maps.Keys(stores)), " "); got != want[folder] {
			t.Errorf("%s may write to live stores %q, want %q", folder, got, want[folder])
		}
	}
}

// A case file can be read with its key, and whoever destroys the key destroys the file.
func TestWhoMayHoldTheKeysOfCaseFiles(t *testing.T) {
	want := map[string]string{
		"meta-callback": "GetItem PutItem", "locate": "GetItem", "fence": "GetItem", "purge": "GetItem",
		"shred": "GetItem", "verify": "GetItem", "close": "DeleteItem GetItem",
		"mail-intake": "GetItem PutItem", "mail-send": "DeleteItem GetItem", "link": "GetItem PutItem",
		"mail-events": "DeleteItem",
	}
	for _, folder := range functionFolders {
		var may []string
		for _, granted := range rightsOf(t, roleOf(t, folder)) {
			if strings.HasSuffix(granted.resource, "table/mikla-dev-casekeys") {
				may = append(may, strings.TrimPrefix(granted.action, "dynamodb:"))
			}
		}
		slices.Sort(may)
		if got := strings.Join(may, " "); got != want[folder] {
			t.Errorf("%s may %q on casekeys, want %q", folder, got, want[folder])
		}
	}
}

// The proof that something is gone is worth what its independence is: verify can read
// live stores, and could not change them if it tried.
func TestVerifyCanOnlyReadLiveStores(t *testing.T) {
	var onLive []string
	for _, granted := range rightsOf(t, roleOf(t, "verify")) {
		if liveStore.MatchString(granted.resource) && !slices.Contains(onLive, granted.action) {
			onLive = append(onLive, granted.action)
		}
		if strings.Contains(granted.resource, "Platform") && !slices.Contains([]string{"kms:Decrypt", "kms:DescribeKey"}, granted.action) {
			t.Errorf("verify may %s with the key of the live stores", granted.action)
		}
	}
	slices.Sort(onLive)
	want := "dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query s3:ListBucketVersions"
	if got := strings.Join(onLive, " "); got != want {
		t.Errorf("verify may %s on live stores, want %s", got, want)
	}
}

func TestFunctionsWriteToTheirOwnLogsOnly(t *testing.T) {
	for _, folder := range functionFolders {
		for _, granted := range rightsOf(t, roleOf(t, folder)) {
			own := `{"Fn::GetAtt":["` + constructID(folder) + "Logs"
			if strings.HasPrefix(granted.action, "logs:") && !strings.HasPrefix(granted.resource, own) {
				t.Errorf("%s may %s on %s", folder, granted.action, granted.resource)
			}
		}
	}
}

var (
	backupTable = regexp.MustCompile(`table/mikla-dev-(snapshotkeys|backupruns)$`)
	ofItems     = regexp.MustCompile(`^dynamodb:(\w+Item|Query|Scan)$`)
)

// A right on a table without its key works on the emulator and fails in the cloud.
func TestEveryReaderMayUseTheKey(t *testing.T) {
	for _, folder := range functionFolders {
		names := []string{"RecordsKey", "BackupsKey", "PlatformKey"}
		tables, keys := map[string]bool{}, map[string]bool{}
		for _, granted := range rightsOf(t, roleOf(t, folder)) {
			switch {
			case granted.action == "kms:Decrypt":
				for _, name := range names {
					keys[name] = keys[name] || strings.Contains(granted.resource, name)
				}
			case !ofItems.MatchString(granted.action):
			case liveStore.MatchString(granted.resource):
				tables["PlatformKey"] = true
			case backupTable.MatchString(granted.resource):
				tables["BackupsKey"] = true
			default:
				tables["RecordsKey"] = true
			}
		}
		for _, name := range names {
			if keys[name] != tables[name] {
				t.Errorf("%s: tables under %s %v, the key %v", folder, name, tables[name], keys[name])
			}
		}
	}
}

// Each queue feeds one function, in batches of a size, so many at once, and hides a
// message until the function has surely ended.
func TestQueuesFeedTheirFunctions(t *testing.T) {
	resources := golden(t)["Deletion"].Resources
	referred := func(value any) resource {
		for _, of := range value.(map[string]any) {
			if list, ok := of.([]any); ok {
				of = list[0]
			}
			return resources[of.(string)]
		}
		return resource{}
	}
	got := map[string]string{}
	for id, r := range ofType(t, "AWS::Lambda::EventSourceMapping") {
		queue, fn := referred(r.Properties["EventSourceArn"]).Properties, referred(r.Properties["FunctionName"]).Properties
		folder := strings.TrimPrefix(fn["FunctionName"].(string), dev.name(""))
		got[strings.TrimPrefix(queue["QueueName"].(string), dev.name(""))] = fmt.Sprint(folder, " ", r.Properties["BatchSize"], " ",
			object(r.Properties, "ScalingConfig")["MaximumConcurrency"])
		if hides := queue["VisibilityTimeout"]; hides != 6*expected[folder].timeout {
			t.Errorf("%s hides messages for %v s, want six times the timeout of %s", queue["QueueName"], hides, folder)
		}
		if tries := object(queue, "RedrivePolicy")["maxReceiveCount"]; tries != 5.0 {
			t.Errorf("%s hands out a message %v times, want 5", queue["QueueName"], tries)
		}
		if reports := fmt.Sprint(r.Properties["FunctionResponseTypes"]); reports != "[ReportBatchItemFailures]" {
			t.Errorf("%s reports %s", id, reports)
		}
	}
	want := map[string]string{"start": "start-deletion 10 <nil>", "mail-received": "mail-intake 1 10", "letters": "mail-send 1 5", "mail-events": "mail-events 10 5", "snapshot": "snapshot 1 5"}
	if !maps.Equal(got, want) {
		t.Errorf("queues feed %v, want %v", got, want)
	}
}

// Rotation comes after the night's snapshot, and the audit and the drill after rotation.
func TestSchedules(t *testing.T) {
	got := map[string]string{}
	for _, r := range ofType(t, "AWS::Events::Rule") {
		target := object(r.Properties["Targets"].([]any)[0].(map[string]any), "Arn")["Fn::GetAtt"].([]any)[0].(string)
		fn := golden(t)["Deletion"].Resources[target].Properties["FunctionName"].(string)
		got[r.Properties["Name"].(string)] = fmt.Sprint(strings.TrimPrefix(fn, dev.name("")), " ", r.Properties["ScheduleExpression"], " ", r.Properties["State"])
	}
	want := map[string]string{
		"sweep":        "sweep rate(1 minute) ENABLED",
		"snapshot":     "snapshot-start cron(0 1 * * ? *) ENABLED",
		"rotate":       "rotate cron(0 5 * * ? *) ENABLED",
		"backup-audit": "backup-audit cron(0 7 * * ? *) ENABLED",
		"backup-drill": "backup-drill cron(0 8 * * ? *) ENABLED",
	}
	if !maps.Equal(got, want) {
		t.Errorf("schedules are\n%v, want\n%v", got, want)
	}
}

// The table in functions/README.md has one row per function, with its timeout.
func TestFunctionTableIsTrue(t *testing.T) {
	readme, err := os.ReadFile("../../functions/README.md")
	if err != nil {
		t.Fatal(err)
	}
	timeouts := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|.*$").FindAllStringSubmatch(string(readme), -1) {
		columns := strings.Split(row[0], "|")
		timeouts[row[1]] = strings.TrimSpace(columns[6])
	}
	for folder, want := range expected {
		if got := timeouts[folder]; got != fmt.Sprintf("%v s", want.timeout) {
			t.Errorf("functions/README.md gives %s a timeout of %q, want %v s", folder, got, want.timeout)
		}
		delete(timeouts, folder)
	}
	for folder := range timeouts {
		t.Errorf("functions/README.md has %s, which is not deployed", folder)
	}
}
