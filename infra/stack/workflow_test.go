package main

import (
	"maps"
	"regexp"
	"slices"
	"testing"
)

func TestStateMachineIsTheFileWithItsFunctions(t *testing.T) {
	definition, err := workflowDefinition()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range ofType(t, "AWS::StepFunctions::StateMachine") {
		if r.Properties["DefinitionString"] != definition {
			t.Error("the deployed definition is not the file")
		}
		used := map[string]bool{}
		for _, match := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(definition, -1) {
			used[match[1]] = true
		}
		given := object(r.Properties, "DefinitionSubstitutions")
		if got, want := slices.Sorted(maps.Keys(given)), slices.Sorted(maps.Keys(used)); !slices.Equal(got, want) {
			t.Errorf("substitutions are %v, the file uses %v", got, want)
		}
	}
}

func TestStateMachineMayCallItsFunctionsOnly(t *testing.T) {
	for _, r := range ofType(t, "AWS::StepFunctions::StateMachine") {
		called := map[string]bool{}
		for _, arn := range object(r.Properties, "DefinitionSubstitutions") {
			called[texts(arn)[0]] = true
		}
		role := object(r.Properties, "RoleArn")["Fn::GetAtt"].([]any)[0].(string)
		granted := rightsOf(t, golden(t)["Deletion"].Resources[role])
		if len(granted) != len(called) {
			t.Errorf("the role has %d rights, want %d", len(granted), len(called))
		}
		for _, g := range granted {
			if g.action != "lambda:InvokeFunction" || !called[g.resource] {
				t.Errorf("the role may %s on %s", g.action, g.resource)
			}
		}
	}
}
