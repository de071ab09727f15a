package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"
)

// workflowFolders are the functions that the state machine calls.
var workflowFolders = []string{"locate", "fence", "purge", "shred", "verify", "close"}

func (d *deletion) workflowName() string { return "mikla-" + d.stage.Name + "-deletion" }

// addWorkflow deploys the state machine's file as it stands, with the functions'
// ARNs as substitutions, so that linters and the local stack read what runs.
func (d *deletion) addWorkflow() error {
	definition, err := workflowDefinition()
	if err != nil {
		return err
	}
	arns := map[string]*string{}
	var called []*string
	for _, folder := range workflowFolders {
		arn := d.functions[folder].FunctionArn()
		arns[constructID(folder)+"FunctionArn"] = arn
		called = append(called, arn)
	}
	d.workflow = awsstepfunctions.NewStateMachine(d.stack, jsii.String("Workflow"), &awsstepfunctions.StateMachineProps{
		StateMachineName:        jsii.String(d.workflowName()),
		DefinitionBody:          awsstepfunctions.DefinitionBody_FromString(jsii.String(definition)),
		DefinitionSubstitutions: &arns,
		Role:                    d.workflowRole(called),
	})
	d.output("StateMachineArn", d.workflow.StateMachineArn())
	return nil
}

// workflowRole may call the step functions and nothing else. Executions are not logged
// to CloudWatch: that needs account-wide log delivery rights, and the history holds the
// same.
func (d *deletion) workflowRole(called []*string) awsiam.IRole {
	account := map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": d.stage.Account}}
	role := awsiam.NewRole(d.stack, jsii.String("WorkflowRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("states.amazonaws.com"),
			&awsiam.ServicePrincipalOpts{Conditions: &account}),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Rights": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
				Statements: &[]awsiam.PolicyStatement{allow(called, "lambda:InvokeFunction")},
			}),
		},
	})
	return role.WithoutPolicyUpdates(nil)
}

func workflowDefinition() (string, error) {
	root, err := repositoryRoot()
	if err != nil {
		return "", err
	}
	definition, err := os.ReadFile(filepath.Join(root, "infra", "statemachine", "deletion.asl.json"))
	if err != nil {
		return "", fmt.Errorf("state machine: %w", err)
	}
	return string(definition), nil
}
