package template

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// deployed creates everything on paper: Ref is "<ID>-ref", Arn "arn:<ID>".
func deployed(t *testing.T, parameters map[string]string, sources ...string) (map[string]map[string]any, []string, error) {
	t.Helper()
	var templates []*Template
	for i, source := range sources {
		parsed, err := Parse(fmt.Sprintf("stack%d", i), []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		templates = append(templates, parsed)
	}
	found, order := map[string]map[string]any{}, []string{}
	_, err := Deploy(templates, Environment{
		Region: "eu-west-1", Account: "000000000000", Parameters: parameters,
		Create: func(r *Resource, properties map[string]any) (Identity, error) {
			found[r.ID], order = properties, append(order, r.ID)
			return Identity{Ref: r.ID + "-ref", Attributes: map[string]string{"Arn": "arn:" + r.ID}}, nil
		},
	})
	return found, order, err
}

// value resolves one expression as the property of a resource that sees a queue.
func value(t *testing.T, expression string) (any, error) {
	t.Helper()
	found, _, err := deployed(t, map[string]string{"Url": "http://given.example"}, `{
		"Parameters": {"Url": {"Type": "String", "Default": "x"}, "Stage": {"Type": "String", "Default": "dev"}, "Open": {"Type": "String"}},
		"Conditions": {
			"IsDev": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]},
			"IsProd": {"Fn::Not": [{"Condition": "IsDev"}]},
			"Both": {"Fn::And": [{"Condition": "IsDev"}, {"Condition": "IsProd"}]},
			"Either": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "IsDev"}]}
		},
		"Resources": {
			"Queue": {"Type": "Q"},
			"Subject": {"Type": "S", "Properties": {"Value": `+expression+`}}
		}}`)
	return found["Subject"]["Value"], err
}

func TestIntrinsics(t *testing.T) {
	for expression, want := range map[string]any{
		`"plain"`:                             "plain",
		`12345678901234567890`:                json.Number("12345678901234567890"),
		`{"Ref": "Queue"}`:                    "Queue-ref",
		`{"Ref": "Url"}`:                      "http://given.example",
		`{"Ref": "Stage"}`:                    "dev",
		`{"Ref": "AWS::Region"}`:              "eu-west-1",
		`{"Ref": "AWS::AccountId"}`:           "000000000000",
		`{"Fn::GetAtt": ["Queue", "Arn"]}`:    "arn:Queue",
		`{"Fn::GetAtt": "Queue.Arn"}`:         "arn:Queue",
		`{"Fn::Join": [":", ["a", 1, true]]}`: "a:1:true",
		`{"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":", {"Ref": "Queue"}]]}`: "arn:aws:Queue-ref",
		`{"Fn::Sub": "${Queue.Arn}/${Stage}/${!Kept}/${AWS::Region}"}`:                   "arn:Queue/dev/${Kept}/eu-west-1",
		`{"Fn::Sub": ["${own}-${Stage}", {"own": {"Ref": "Queue"}}]}`:                    "Queue-ref-dev",
		`{"Fn::Select": [1, {"Fn::Split": ["/", "a/b/c"]}]}`:                             "b",
		`{"Fn::If": ["IsDev", "yes", "no"]}`:                                             "yes",
		`{"Fn::If": ["IsProd", "yes", "no"]}`:                                            "no",
		`{"Fn::If": ["Both", "yes", "no"]}`:                                              "no",
		`{"Fn::If": ["Either", "yes", "no"]}`:                                            "yes",
		`{"Fn::Base64": "a"}`:                                                            "YQ==",
		`[1, {"Ref": "AWS::NoValue"}]`:                                                   []any{json.Number("1")},
		`{"a": {"Ref": "AWS::NoValue"}, "b": 2}`:                                         map[string]any{"b": json.Number("2")},
		`{"Fn::If": ["IsProd", {"Ref": "Nothing"}, "not looked at"]}`:                    "not looked at",
	} {
		got, err := value(t, expression)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %#v, %v; want %#v", expression, got, err, want)
		}
	}
}

func TestWhatCannotBeResolvedIsNamed(t *testing.T) {
	for expression, want := range map[string]string{
		`{"Ref": "Nothing"}`:                         `reference to "Nothing"`,
		`{"Ref": "Open"}`:                            "parameter Open has no value",
		`{"Ref": "Subject"}`:                         "in a circle: stack0/Subject -> stack0/Subject",
		`{"Fn::GetAtt": ["Queue", "Colour"]}`:        "Queue.Colour",
		`{"Fn::GetAtt": ["Nothing", "Arn"]}`:         "no such resource",
		`{"Fn::FindInMap": ["A", "B", "C"]}`:         "does not know Fn::FindInMap",
		`{"Fn::Select": [3, ["a"]]}`:                 "no item 3",
		`{"Fn::Join": ["", "a"]}`:                    "wants a list",
		`{"Fn::ImportValue": "Elsewhere"}`:           "no stack exports Elsewhere",
		`{"Fn::Sub": "${Nothing}"}`:                  "Fn::Sub ${Nothing}",
		`{"Fn::If": ["Unheard", 1, 2]}`:              "no condition named Unheard",
		`{"Fn::If": ["IsDev"]}`:                      "two values",
		`{"Fn::Join": ["", [{"Ref": "Nothing"}]]}`:   "Nothing",
		`{"Fn::Split": "a"}`:                         "a delimiter and a text",
		`{"deep": [{"Fn::Transform": {"Name": 1}}]}`: "Fn::Transform",
	} {
		if _, err := value(t, expression); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", expression, err, want)
		}
	}
}

func TestImportsReachIntoOtherStacks(t *testing.T) {
	found, order, err := deployed(t, nil,
		`{"Resources": {"Reader": {"Type": "R", "Properties": {"Table": {"Fn::ImportValue": "dev:Table"}}}}}`,
		`{"Resources": {"Table": {"Type": "T"}, "Key": {"Type": "K"}},
		  "Outputs": {"Out": {"Value": {"Ref": "Table"}, "Export": {"Name": {"Fn::Sub": "dev:Table"}}}, "Shown": {"Value": "v"}}}`)
	if err != nil || found["Reader"]["Table"] != "Table-ref" {
		t.Fatalf("got %v, %v", found["Reader"], err)
	}
	if want := []string{"Table", "Reader", "Key"}; !slices.Equal(order, want) {
		t.Errorf("created in order %v, want %v, each once", order, want)
	}
}

func TestOutputsOfOtherStacks(t *testing.T) {
	reader := `{"Resources": {"Reader": {"Type": "R", "Properties": {"Key": {"Fn::GetStackOutput": {"StackName": "%s", "OutputName": "KeyArn"}}}}}}`
	keys := `{"Resources": {"Key": {"Type": "K"}}, "Outputs": {"KeyArn": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}}}}`
	found, _, err := deployed(t, nil, fmt.Sprintf(reader, "stack1"), keys)
	if err != nil || found["Reader"]["Key"] != "arn:Key" {
		t.Errorf("got %v, %v", found["Reader"], err)
	}
	if _, _, err := deployed(t, nil, fmt.Sprintf(reader, "stack7"), keys); err == nil || !strings.Contains(err.Error(), `"stack7" has no output "KeyArn"`) {
		t.Errorf("got %v", err)
	}
}

func TestConditionLeavesResourceOut(t *testing.T) {
	found, _, err := deployed(t, nil, `{"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
		"Resources": {"Off": {"Type": "X", "Condition": "Never"}, "On": {"Type": "X"}}}`)
	if err != nil || len(found) != 1 {
		t.Errorf("created %v, %v; want On only", found, err)
	}
}

func TestLoad(t *testing.T) {
	folder := t.TempDir()
	if _, err := Load(folder); err == nil || !strings.Contains(err.Error(), "make synth") {
		t.Errorf("empty folder: got %v, want a hint to make synth", err)
	}
	path := filepath.Join(folder, "Deletion.template.json")
	if err := os.WriteFile(path, []byte(`{"Resources": {"A": {"Type": "T"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	templates, err := Load(folder)
	if err != nil || len(templates) != 1 || templates[0].Name != "Deletion" || templates[0].Resources["A"].ID != "A" {
		t.Errorf("got %+v, %v", templates, err)
	}
	if err := os.WriteFile(path, []byte(`{`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(folder); err == nil || !strings.Contains(err.Error(), "Deletion") {
		t.Errorf("broken template: got %v", err)
	}
}
