package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/budget"
	"github.com/mikla-ai/data-deletion/shared/ledger"
)

// permission of a role: who may do what with which resources, and under which condition.
type permission struct {
	actions, resources []string
	condition          map[string]any
}

func permissionsOf(r resource) []permission {
	var list []permission
	policies, _ := r.Properties["Policies"].([]any)
	for _, policy := range policies {
		for _, s := range object(policy.(map[string]any), "PolicyDocument")["Statement"].([]any) {
			fields := s.(map[string]any)
			list = append(list, permission{texts(fields["Action"]), texts(fields["Resource"]), object(fields, "Condition")})
		}
	}
	return list
}

// may says whether a role is allowed an action on something whose name has a part in it,
// and where a filter is given, under a condition that it accepts.
func may(r resource, action, part string, under ...func(map[string]any) bool) bool {
	return slices.ContainsFunc(permissionsOf(r), func(s permission) bool {
		return slices.Contains(s.actions, action) &&
			slices.ContainsFunc(s.resources, func(on string) bool { return strings.Contains(on, part) }) &&
			!slices.ContainsFunc(under, func(accepts func(map[string]any) bool) bool { return !accepts(s.condition) })
	})
}

// The three things that opening a snapshot takes, each as broadly as it could be had.
func readsFrames(r resource) bool {
	return may(r, "s3:GetObject", "mikla-dev-snapshots-000000000000/frames") ||
		may(r, "s3:GetObjectVersion", "mikla-dev-snapshots") || may(r, "s3:GetObject", "mikla-dev-snapshots-000000000000/*")
}

func readsWrappedKeys(r resource) bool {
	namesMissing := func(condition map[string]any) bool {
		return object(condition, "ForAllValues:StringEquals")["dynamodb:Attributes"] == nil
	}
	for _, action := range []string{"GetItem", "BatchGetItem", "Query", "Scan", "UpdateItem"} {
		if may(r, "dynamodb:"+action, "table/mikla-dev-snapshotkeys", namesMissing) {
			return true
		}
	}
	return false
}

func unwrapsTenantKeys(r resource) bool { return may(r, "kms:Decrypt", `"SnapshotKey`) }

// backupRoles are the roles of the stack by folder, with the people's that restores.
func backupRoles(t *testing.T) map[string]resource {
	t.Helper()
	roles := map[string]resource{}
	for id, r := range ofType(t, "AWS::IAM::Role") {
		roles[id] = r
	}
	for _, folder := range functionFolders {
		role := object(deployed(t)[folder].Properties, "Role")["Fn::GetAtt"].([]any)[0].(string)
		delete(roles, role)
		roles[folder] = roleOf(t, folder)
	}
	for id, r := range roles {
		if r.Properties["RoleName"] == dev.name("restore") {
			delete(roles, id)
			roles["restore"] = r
		}
	}
	return roles
}

// DESIGN section 8: the writer may unwrap keys but not read snapshots; who destroys keys can
// read neither; only restore can do both reads, and the drill that puts it to the test.
func TestWhoMayOpenSnapshots(t *testing.T) {
	want := map[string]string{
		"snapshot":     "keys kms",
		"backup-drill": "frames keys kms",
		"restore":      "frames keys kms",
	}
	for name, role := range backupRoles(t) {
		var has []string
		for what, holds := range map[string]bool{"frames": readsFrames(role), "keys": readsWrappedKeys(role), "kms": unwrapsTenantKeys(role)} {
			if holds {
				has = append(has, what)
			}
		}
		slices.Sort(has)
		if got := strings.Join(has, " "); got != want[name] {
			t.Errorf("%s has %q of what opens a snapshot, want %q", name, got, want[name])
		}
	}
}

// The writer's right on the bucket's key would let it read, if S3 let it: it has not got it.
func TestTheWriterCannotReadWhatItWrote(t *testing.T) {
	writer := roleOf(t, "snapshot")
	var onBucket []string
	for _, granted := range rightsOf(t, writer) {
		if strings.HasPrefix(granted.action, "s3:") {
			onBucket = append(onBucket, granted.action+strings.TrimPrefix(granted.resource, "arn:aws:s3:::mikla-dev-snapshots-000000000000"))
		}
	}
	slices.Sort(onBucket)
	if got := strings.Join(onBucket, " "); got != "s3:PutObject/frames/* s3:PutObject/indexes/* s3:PutObject/manifests/*" {
		t.Errorf("it may %s", got)
	}
	viaS3 := func(condition map[string]any) bool {
		return object(condition, "StringEquals")["kms:ViaService"] == "s3.eu-west-1.amazonaws.com"
	}
	if may(writer, "kms:Decrypt", "BackupsKey", viaS3) {
		t.Error("it may decrypt objects of the bucket")
	}
}

// The key of KMS wraps businesses' keys and serves nothing else.
func TestTheRootKeyIsBoundToItsUse(t *testing.T) {
	want := map[string]string{"snapshot": "kms:Decrypt kms:Encrypt", "backup-drill": "kms:Decrypt", "restore": "kms:Decrypt"}
	for name, role := range backupRoles(t) {
		var actions []string
		for _, s := range permissionsOf(role) {
			if !strings.Contains(strings.Join(s.resources, " "), `"SnapshotKey`) {
				continue
			}
			actions = append(actions, s.actions...)
			if use := object(s.condition, "StringEquals")["kms:EncryptionContext:use"]; use != "snapshot key of a tenant" {
				t.Errorf("%s may use it for %v", name, use)
			}
		}
		slices.Sort(actions)
		if got := strings.Join(actions, " "); got != want[name] {
			t.Errorf("%s may %q with it, want %q", name, got, want[name])
		}
	}
	for id, r := range ofType(t, "AWS::DynamoDB::GlobalTable", "AWS::S3::Bucket", "AWS::SQS::Queue") {
		if strings.Contains(fmt.Sprint(r.Properties), "SnapshotKey") {
			t.Errorf("%s is encrypted with it", id)
		}
	}
}

// Who destroys keys, and who looks whether any is left, is told names and nothing else.
func TestNamesOfKeysAreAllThatShredAndVerifyCanRead(t *testing.T) {
	attributes := []any{"parent", "subject", "key_id", "parent_id", "cutoff"}
	want := map[string]string{"shred": "DeleteItem GetItem Query", "verify": "GetItem Query"}
	for folder, actions := range want {
		var got []string
		for _, s := range permissionsOf(roleOf(t, folder)) {
			if !strings.Contains(strings.Join(s.resources, " "), "mikla-dev-snapshotkeys") {
				continue
			}
			for _, action := range s.actions {
				got = append(got, strings.TrimPrefix(action, "dynamodb:"))
			}
			if named, _ := object(s.condition, "ForAllValues:StringEquals")["dynamodb:Attributes"].([]any); !slices.Equal(named, attributes) {
				t.Errorf("%s may %s with attributes %v", folder, s.actions, named)
			}
			// ForAllValues is true of a request that names none, which asks for all.
			if slices.Contains(s.actions, "dynamodb:GetItem") &&
				(object(s.condition, "StringEqualsIfExists")["dynamodb:Select"] != "SPECIFIC_ATTRIBUTES" || object(s.condition, "Null")["dynamodb:Attributes"] != "false") {
				t.Errorf("%s may ask for all attributes: %v", folder, s.condition)
			}
			// GetItem selects nothing: who demands it refuses every one.
			if equals := object(s.condition, "StringEquals"); equals["dynamodb:Select"] != nil {
				t.Errorf("%s may not %s at all: %v", folder, s.actions, equals)
			}
			if slices.Contains(s.actions, "dynamodb:DeleteItem") && object(s.condition, "StringEqualsIfExists")["dynamodb:ReturnValues"] != "NONE" {
				t.Errorf("%s is handed what it deletes: %v", folder, s.condition)
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != actions {
			t.Errorf("%s may %v, want %s", folder, got, actions)
		}
	}
}

// The adapter asks for exactly these, or reading by names would be refused in the cloud alone.
func TestNamesAreWhatTheAdapterAsksFor(t *testing.T) {
	source, err := os.ReadFile("../../shared/keys/dynamodb.go")
	if err != nil {
		t.Fatal(err)
	}
	if want := `namesOnly = "#` + strings.Join(nameAttributes, ", ") + `"`; !strings.Contains(string(source), want) {
		t.Errorf("package keys does not say %s", want)
	}
}

// What each role may do in the bucket of snapshots.
func TestWhoMayDoWhatWithSnapshots(t *testing.T) {
	all := "frames indexes manifests"
	want := map[string]map[string]string{
		"snapshot":     {"PutObject": all},
		"shred":        {"ListBucketVersions": "all", "DeleteObject": "all", "DeleteObjectVersion": "all"},
		"verify":       {"ListBucket": "all", "ListBucketVersions": "all", "GetObject": "indexes manifests"},
		"rotate":       {"ListBucket": "all", "ListBucketVersions": "all", "DeleteObjectVersion": "all"},
		"backup-audit": {"ListBucket": "all", "ListBucketVersions": "all"},
		"backup-drill": {"ListBucket": "all", "ListBucketVersions": "all", "GetObject": all},
		"restore":      {"ListBucket": "all", "ListBucketVersions": "all", "GetObject": all},
	}
	for name, role := range backupRoles(t) {
		on := map[string][]string{}
		for _, granted := range rightsOf(t, role) {
			if rest, ok := strings.CutPrefix(granted.resource, "arn:aws:s3:::mikla-dev-snapshots-000000000000"); ok {
				kind := strings.Trim(rest, "/*")
				if kind == "" {
					kind = "all"
				}
				action := strings.TrimPrefix(granted.action, "s3:")
				on[action] = append(on[action], kind)
			}
		}
		got := map[string]string{}
		for action, kinds := range on {
			slices.Sort(kinds)
			got[action] = strings.Join(kinds, " ")
		}
		if !maps.Equal(got, want[name]) {
			t.Errorf("%s may %v, want %v", name, got, want[name])
		}
	}
}

// What each function may do in the tables of ours that backups use.
func TestWhatFunctionsOfBackupsDoInTables(t *testing.T) {
	want := map[string]string{
		"snapshot-start": "",
		"snapshot":       "backupruns: GetItem PutItem; ledger: GetItem PutItem; snapshotkeys: ConditionCheckItem GetItem PutItem; tombstones: ConditionCheckItem GetItem",
		"rotate":         "",
		"backup-audit":   "snapshotkeys: DescribeContinuousBackups DescribeTable",
		"backup-drill":   "snapshotkeys: GetItem; tombstones: GetItem Scan",
		"shred":          "casefile: GetItem Query; casekeys: GetItem; ledger: GetItem PutItem; snapshotkeys: DeleteItem GetItem Query; tombstones: UpdateItem",
	}
	for folder, want := range want {
		on := map[string][]string{}
		for _, granted := range rightsOf(t, roleOf(t, folder)) {
			_, table, ok := strings.Cut(granted.resource, "table/mikla-dev-")
			if ok && !liveStore.MatchString(granted.resource) && !strings.Contains(table, "-restore-") {
				on[table] = append(on[table], strings.TrimPrefix(granted.action, "dynamodb:"))
			}
		}
		var lines []string
		for _, table := range slices.Sorted(maps.Keys(on)) {
			slices.Sort(on[table])
			lines = append(lines, table+": "+strings.Join(on[table], " "))
		}
		if got := strings.Join(lines, "; "); got != want {
			t.Errorf("%s may\n%s, want\n%s", folder, got, want)
		}
	}
}

// oneRow is ledger.Rows of which the key of what is read is kept.
type oneRow struct {
	ledger.Rows
	key ledger.Key
}

func (o *oneRow) Get(_ context.Context, key ledger.Key) (ledger.Row, bool, error) {
	o.key = key
	return ledger.Row{}, false, nil
}

func (o *oneRow) Commit(context.Context, string, []ledger.Write) error { return nil }

// Of the ledger the writer sees its read budgets and no request, of the runs of backups its own
// and no restore.
func TestTheWriterSeesItsOwnRowsAlone(t *testing.T) {
	budgets := &oneRow{}
	if err := budget.NewReads(budgets, 1).Wait(t.Context(), "leads"); err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("../../shared/snapshot/writer.go")
	if err != nil || !strings.HasPrefix(budgets.key.PK, "budget#reads#") || !strings.Contains(string(source), `run: Run{Name: "snapshot/" + `) {
		t.Errorf("the rows have other names: %s, %v", budgets.key.PK, err)
	}
	for table, like := range map[string]string{"ledger": "budget#reads#*", "backupruns": "snapshot/*"} {
		only := func(condition map[string]any) bool {
			keys, _ := object(condition, "ForAllValues:StringLike")["dynamodb:LeadingKeys"].([]any)
			return slices.Equal(keys, []any{like})
		}
		for _, action := range []string{"dynamodb:GetItem", "dynamodb:PutItem"} {
			if writer := roleOf(t, "snapshot"); !may(writer, action, "mikla-dev-"+table, only) ||
				may(writer, action, "mikla-dev-"+table, func(condition map[string]any) bool { return !only(condition) }) {
				t.Errorf("%s on %s is not bound to %s", action, table, like)
			}
		}
	}
}

// The writer reads exactly what the data map says is in snapshots.
func TestTheWriterReadsWhatIsBackedUp(t *testing.T) {
	want := map[string]bool{}
	for _, store := range loadMap(t).Backed() {
		want[store.Name] = true
	}
	got := map[string]bool{}
	for _, granted := range rightsOf(t, roleOf(t, "snapshot")) {
		if store := liveStore.FindStringSubmatch(granted.resource); store != nil {
			got[store[1]] = true
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("it reads %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

// Only people take on the role, with a second factor. In live tables it can put in a
// transaction, which is where "only if absent" is asked, and neither update nor delete.
func TestWhatARestoreMayDo(t *testing.T) {
	role := backupRoles(t)["restore"]
	trust := object(role.Properties, "AssumeRolePolicyDocument")["Statement"].([]any)[0].(map[string]any)
	if got := object(object(trust, "Condition"), "Bool")["aws:MultiFactorAuthPresent"]; got != "true" {
		t.Errorf("it is taken on with %v", trust)
	}
	if principal := object(trust, "Principal"); principal["Service"] != nil || !strings.Contains(fmt.Sprint(principal["AWS"]), ":iam::"+dev.Account+":root") {
		t.Errorf("it is taken on by %v", principal)
	}
	wrote := map[string]bool{}
	for _, s := range permissionsOf(role) {
		for _, on := range s.resources {
			store := liveStore.FindStringSubmatch(on)
			for _, action := range s.actions {
				if store == nil || !writesData(action) || action == "dynamodb:RestoreTableToPointInTime" {
					continue
				}
				wrote[store[1]+" "+action] = true
				inTransaction := object(s.condition, "StringEquals")["dynamodb:EnclosingOperation"] == "TransactWriteItems"
				if _, kept := loadMap(t).Store(store[1]); kept && action == "dynamodb:PutItem" && store[1] != "security_log" && !inTransaction {
					t.Errorf("it may overwrite in %s", store[1])
				}
			}
		}
	}
	want := map[string]bool{"security_log dynamodb:PutItem": true,
		"media s3:ListBucket": true, "media s3:GetObject": true, "media s3:GetObjectVersion": true, "media s3:PutObject": true, "media s3:DeleteObjectVersion": true}
	for _, store := range loadMap(t).Backed() {
		want[store.Name+" dynamodb:PutItem"] = true
	}
	if !maps.Equal(wrote, want) {
		t.Errorf("in live stores it may %v, want %v", slices.Sorted(maps.Keys(wrote)), slices.Sorted(maps.Keys(want)))
	}
	for _, granted := range rightsOf(t, role) {
		if granted.action == "dynamodb:UpdateContinuousBackups" {
			t.Errorf("it may switch recovery on: %s", granted.resource)
		}
		deletes := strings.HasPrefix(granted.action, "dynamodb:Delete") || strings.HasPrefix(granted.action, "dynamodb:Create")
		if deletes && !strings.Contains(granted.resource, "-restore-") && !strings.HasSuffix(granted.resource, "mikla-dev-backupruns") {
			t.Errorf("it may %s on %s", granted.action, granted.resource)
		}
	}
}

// Rotation drops tables of restores, and no other table can be dropped by any role.
func TestOnlyTablesOfRestoresCanBeDropped(t *testing.T) {
	for name, role := range backupRoles(t) {
		for _, granted := range rightsOf(t, role) {
			if granted.action == "dynamodb:DeleteTable" && !strings.Contains(granted.resource, "-restore-*") {
				t.Errorf("%s may drop %s", name, granted.resource)
			}
		}
	}
}

// The bucket outlives the stack and forgets by itself what rotation forgot, within the
// thirty days of the promise: a lifecycle rule may take a day more than it says, twice.
func TestSnapshotsExpireByThemselves(t *testing.T) {
	for id, r := range ofType(t, "AWS::S3::Bucket") {
		if tagsOf(r)[storeTag] != "snapshots" {
			continue
		}
		if object(r.Properties, "VersioningConfiguration")["Status"] != "Enabled" || r.Properties["ObjectLockEnabled"] != nil || r.DeletionPolicy != "Retain" {
			t.Errorf("%s: versions %v, lock %v, on deletion %s", id, r.Properties["VersioningConfiguration"], r.Properties["ObjectLockEnabled"], r.DeletionPolicy)
		}
		rules := object(r.Properties, "LifecycleConfiguration")["Rules"].([]any)
		rule := rules[0].(map[string]any)
		current, _ := rule["ExpirationInDays"].(float64)
		noncurrent, _ := object(rule, "NoncurrentVersionExpiration")["NoncurrentDays"].(float64)
		parts, _ := object(rule, "AbortIncompleteMultipartUpload")["DaysAfterInitiation"].(float64)
		if len(rules) != 1 || rule["Status"] != "Enabled" || rule["Prefix"] != nil || current != 26 || noncurrent != 1 || parts != 1 {
			t.Errorf("%s forgets by %v", id, rules)
		}
		if gone := current + 1 + noncurrent + 1; gone > 29 {
			t.Errorf("%s may keep a snapshot %v days", id, gone)
		}
		block := object(r.Properties, "PublicAccessBlockConfiguration")
		if len(block) != 4 || slices.Contains(slices.Collect(maps.Values(block)), any(false)) {
			t.Errorf("%s may be opened: %v", id, block)
		}
		return
	}
	t.Error("no bucket of snapshots")
}

func keyTable(t *testing.T, resources map[string]resource) resource {
	t.Helper()
	for _, r := range resources {
		if r.Properties["TableName"] == "mikla-dev-snapshotkeys" {
			return r
		}
	}
	t.Fatal("no table of snapshot keys")
	return resource{}
}

// What was deleted from the table of keys is gone: no recovery, no stream, no index, and
// nobody drops it by accident.
func TestDestroyedKeysAreGone(t *testing.T) {
	p := keyTable(t, golden(t)["Deletion"].Resources).Properties
	if p["StreamSpecification"] != nil || p["GlobalSecondaryIndexes"] != nil {
		t.Errorf("stream %v, indexes %v", p["StreamSpecification"], p["GlobalSecondaryIndexes"])
	}
	replicas := p["Replicas"].([]any)
	replica := replicas[0].(map[string]any)
	recovery := object(replica, "PointInTimeRecoverySpecification")["PointInTimeRecoveryEnabled"]
	if len(replicas) != 1 || recovery != false || replica["DeletionProtectionEnabled"] != true || replica["KinesisStreamSpecification"] != nil {
		t.Errorf("replicas are %v", replicas)
	}
}

// abroad is a stage whose keys are replicated: a region that was there and one that comes.
func abroad() Stage {
	stage := dev
	stage.KeyReplicas = map[string]string{
		"eu-central-1": "arn:aws:kms:eu-central-1:000000000000:key/mrk-1",
		"eu-west-3":    "arn:aws:kms:eu-west-3:000000000000:key/mrk-2",
	}
	stage.NewReplicas = []string{"eu-west-3"}
	return stage
}

// Replication needs a stream, which holds what was deleted for 24 hours: nobody may read it
// but replication itself. Replicas have no recovery either.
func TestReplicatedKeysAreGoneToo(t *testing.T) {
	sources, err := goldenTemplates(abroad(), loadMap(t))
	if err != nil {
		t.Fatal(err)
	}
	deployed, err := parseTemplate(sources["Deletion"])
	if err != nil {
		t.Fatal(err)
	}
	p := keyTable(t, deployed.Resources).Properties
	if object(p, "StreamSpecification")["StreamViewType"] != "NEW_AND_OLD_IMAGES" || p["MultiRegionConsistency"] == "STRONG" {
		t.Errorf("stream %v, consistency %v", p["StreamSpecification"], p["MultiRegionConsistency"])
	}
	unread := map[string]bool{}
	for _, r := range p["Replicas"].([]any) {
		replica := r.(map[string]any)
		region := replica["Region"].(string)
		if object(replica, "PointInTimeRecoverySpecification")["PointInTimeRecoveryEnabled"] != false || replica["DeletionProtectionEnabled"] != true ||
			object(replica, "SSESpecification")["KMSMasterKeyId"] == nil {
			t.Errorf("%s has %v", region, replica)
		}
		policy := object(object(object(replica, "ReplicaStreamSpecification"), "ResourcePolicy"), "PolicyDocument")
		statements, _ := policy["Statement"].([]any)
		for _, s := range statements {
			denied := s.(map[string]any)
			reads := texts(denied["Action"])
			replication := object(object(denied, "Condition"), "ArnNotEquals")["aws:PrincipalArn"]
			unread[region] = denied["Effect"] == "Deny" && fmt.Sprint(denied["Principal"]) == "map[AWS:*]" &&
				slices.Equal(reads, []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}) &&
				denied["Resource"] == "arn:aws:dynamodb:"+region+":000000000000:table/mikla-dev-snapshotkeys/stream/*" &&
				strings.HasSuffix(replication.(string), "/AWSServiceRoleForDynamoDBReplication")
		}
	}
	// The new one's policy comes with the next deployment: CloudFormation refuses both at once.
	if want := map[string]bool{"eu-west-1": true, "eu-central-1": true}; !maps.Equal(unread, want) {
		t.Errorf("streams that nobody reads: %v, want %v", unread, want)
	}
}

func TestStagesThatBreakAPromiseAreRefused(t *testing.T) {
	for _, c := range []struct {
		change func(*Stage)
		want   string
	}{
		{func(*Stage) {}, ""},
		{func(s *Stage) { s.RecoveryDays = 28 }, ""},
		{func(s *Stage) { s.RecoveryDays = 0 }, "stage dev: RecoveryDays is 0, want 1 to 28"},
		{func(s *Stage) { s.RecoveryDays = 29 }, "stage dev: RecoveryDays is 29, want 1 to 28"},
		{func(s *Stage) { s.NewReplicas = []string{"eu-west-3"} }, "stage dev: NewReplicas has eu-west-3, which KeyReplicas has not"},
	} {
		stage, got := dev, ""
		c.change(&stage)
		if err := stage.check(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// The days of recovery are the stage's, wherever they are said.
func TestRecoveryDaysAreTheStages(t *testing.T) {
	for _, folder := range []string{"close", "backup-audit"} {
		if got := object(object(deployed(t)[folder].Properties, "Environment"), "Variables")["RECOVERY_DAYS"]; got != "1" {
			t.Errorf("%s has RECOVERY_DAYS %v", folder, got)
		}
	}
}
