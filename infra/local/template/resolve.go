package template

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Identity is what other resources can learn of a created resource.
type Identity struct {
	Ref        string
	Attributes map[string]string
}

// Environment is the account that the stacks are deployed to.
type Environment struct {
	Region, Account string
	// Parameters override the defaults of every stack that has them.
	Parameters map[string]string
	// Create makes a resource. It is called once for each, after what it refers to.
	Create func(r *Resource, properties map[string]any) (Identity, error)
}

// Deployment resolves a set of stacks that may import from each other.
type Deployment struct {
	env       Environment
	templates []*Template
	created   map[string]Identity
	underway  []string
}

// Deploy creates every resource of every stack, each after what it refers to.
func Deploy(templates []*Template, env Environment) (*Deployment, error) {
	d := &Deployment{env: env, templates: templates, created: map[string]Identity{}}
	for _, t := range templates {
		for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
			if err := d.createIfWanted(t, t.Resources[id]); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

func (d *Deployment) createIfWanted(t *Template, r *Resource) error {
	wanted, err := d.condition(t, r.Condition)
	if err != nil || !wanted {
		return err
	}
	_, err = d.create(t, r)
	return err
}

func (d *Deployment) create(t *Template, r *Resource) (Identity, error) {
	key := t.Name + "/" + r.ID
	if identity, ok := d.created[key]; ok {
		return identity, nil
	}
	if slices.Contains(d.underway, key) {
		return Identity{}, fmt.Errorf("resources refer to each other in a circle: %s", strings.Join(append(d.underway, key), " -> "))
	}
	d.underway = append(d.underway, key)
	defer func() { d.underway = d.underway[:len(d.underway)-1] }()
	properties, err := d.properties(t, r)
	if err != nil {
		return Identity{}, err
	}
	identity, err := d.env.Create(r, properties)
	if err != nil {
		return Identity{}, fmt.Errorf("create %s (%s): %w", key, r.Type, err)
	}
	d.created[key] = identity
	return identity, nil
}

func (d *Deployment) properties(t *Template, r *Resource) (map[string]any, error) {
	resolved, err := d.resolve(t, r.Properties)
	if err != nil {
		return nil, fmt.Errorf("resolve %s/%s (%s): %w", t.Name, r.ID, r.Type, err)
	}
	properties, _ := resolved.(map[string]any)
	return properties, nil
}

// noValue marks a property that AWS::NoValue removes.
type noValue struct{}

func (d *Deployment) resolve(t *Template, value any) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		if name, argument, ok := intrinsic(v); ok {
			return d.evaluate(t, name, argument)
		}
		return d.resolveMap(t, v)
	case []any:
		return d.resolveList(t, v)
	}
	return value, nil
}

// intrinsic recognises {"Ref": …} and {"Fn::…": …}.
func intrinsic(v map[string]any) (string, any, bool) {
	if len(v) != 1 {
		return "", nil, false
	}
	for name, argument := range v {
		if name == "Ref" || strings.HasPrefix(name, "Fn::") {
			return name, argument, true
		}
	}
	return "", nil, false
}

// resolveMap goes in the order of the names, so that resources are made in the same
// order every time.
func (d *Deployment) resolveMap(t *Template, v map[string]any) (any, error) {
	resolved := make(map[string]any, len(v))
	for _, name := range slices.Sorted(maps.Keys(v)) {
		value, err := d.resolve(t, v[name])
		if err != nil {
			return nil, err
		}
		if value != (noValue{}) {
			resolved[name] = value
		}
	}
	return resolved, nil
}

func (d *Deployment) resolveList(t *Template, v []any) (any, error) {
	resolved := make([]any, 0, len(v))
	for _, item := range v {
		value, err := d.resolve(t, item)
		if err != nil {
			return nil, err
		}
		if value != (noValue{}) {
			resolved = append(resolved, value)
		}
	}
	return resolved, nil
}

func (d *Deployment) evaluate(t *Template, name string, argument any) (any, error) {
	switch name {
	case "Ref":
		return d.ref(t, argument)
	case "Fn::GetAtt":
		return d.getAtt(t, argument)
	case "Fn::Sub":
		return d.sub(t, argument)
	case "Fn::If":
		return d.choose(t, argument)
	case "Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or":
		return d.logic(t, name, argument)
	}
	resolved, err := d.resolve(t, argument)
	if err != nil {
		return nil, err
	}
	switch name {
	case "Fn::Join":
		return join(resolved)
	case "Fn::Select":
		return selectItem(resolved)
	case "Fn::Split":
		return split(resolved)
	case "Fn::ImportValue":
		return d.importValue(resolved)
	case "Fn::GetStackOutput":
		return d.stackOutput(resolved)
	case "Fn::Base64":
		return base64.StdEncoding.EncodeToString([]byte(text(resolved))), nil
	}
	return nil, fmt.Errorf("the local stack does not know %s", name)
}

func (d *Deployment) ref(t *Template, argument any) (any, error) {
	name, _ := argument.(string)
	if value, ok := d.pseudo(t, name); ok {
		return value, nil
	}
	if p, ok := t.Parameters[name]; ok {
		return d.parameter(name, p)
	}
	r, ok := t.Resources[name]
	if !ok {
		return nil, fmt.Errorf("reference to %q, which is neither parameter nor resource", name)
	}
	identity, err := d.create(t, r)
	return identity.Ref, err
}

func (d *Deployment) parameter(name string, p Parameter) (any, error) {
	if value, ok := d.env.Parameters[name]; ok {
		return value, nil
	}
	if p.Default == nil {
		return nil, fmt.Errorf("parameter %s has no value", name)
	}
	return p.Default, nil
}

func (d *Deployment) pseudo(t *Template, name string) (any, bool) {
	switch name {
	case "AWS::Region":
		return d.env.Region, true
	case "AWS::AccountId":
		return d.env.Account, true
	case "AWS::Partition":
		return "aws", true
	case "AWS::URLSuffix":
		return "amazonaws.com", true
	case "AWS::StackName":
		return t.Name, true
	case "AWS::StackId":
		return fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/local", d.env.Region, d.env.Account, t.Name), true
	case "AWS::NoValue":
		return noValue{}, true
	}
	return nil, false
}

func (d *Deployment) getAtt(t *Template, argument any) (any, error) {
	var id, attribute string
	switch v := argument.(type) {
	case string:
		id, attribute, _ = strings.Cut(v, ".")
	case []any:
		if len(v) == 2 {
			id, attribute = text(v[0]), text(v[1])
		}
	}
	r, ok := t.Resources[id]
	if !ok {
		return nil, fmt.Errorf("Fn::GetAtt of %v: no such resource", argument)
	}
	identity, err := d.create(t, r)
	if err != nil {
		return nil, err
	}
	value, ok := identity.Attributes[attribute]
	if !ok {
		return nil, fmt.Errorf("Fn::GetAtt %s.%s: the local stack knows no such attribute of %s", id, attribute, r.Type)
	}
	return value, nil
}

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

func (d *Deployment) sub(t *Template, argument any) (any, error) {
	pattern, own := argument, map[string]any{}
	if list, ok := argument.([]any); ok && len(list) == 2 {
		pattern = list[0]
		resolved, err := d.resolve(t, list[1])
		if err != nil {
			return nil, err
		}
		own, _ = resolved.(map[string]any)
	}
	var failed error
	return placeholder.ReplaceAllStringFunc(text(pattern), func(match string) string {
		name := match[2 : len(match)-1]
		if strings.HasPrefix(name, "!") {
			return "${" + name[1:] + "}"
		}
		value, err := d.substitute(t, name, own)
		if err != nil && failed == nil {
			failed = fmt.Errorf("Fn::Sub ${%s}: %w", name, err)
		}
		return text(value)
	}), failed
}

func (d *Deployment) substitute(t *Template, name string, own map[string]any) (any, error) {
	if value, ok := own[name]; ok {
		return value, nil
	}
	if strings.Contains(name, ".") {
		return d.getAtt(t, name)
	}
	return d.ref(t, name)
}

func (d *Deployment) choose(t *Template, argument any) (any, error) {
	list, ok := argument.([]any)
	if !ok || len(list) != 3 {
		return nil, fmt.Errorf("Fn::If wants a condition and two values")
	}
	holds, err := d.condition(t, text(list[0]))
	if err != nil {
		return nil, err
	}
	if holds {
		return d.resolve(t, list[1])
	}
	return d.resolve(t, list[2])
}

func (d *Deployment) condition(t *Template, name string) (bool, error) {
	if name == "" {
		return true, nil
	}
	expression, ok := t.Conditions[name]
	if !ok {
		return false, fmt.Errorf("no condition named %s", name)
	}
	return d.truth(t, expression)
}

func (d *Deployment) truth(t *Template, expression any) (bool, error) {
	if v, ok := expression.(map[string]any); ok {
		if name, ok := v["Condition"].(string); ok {
			return d.condition(t, name)
		}
	}
	value, err := d.resolve(t, expression)
	if err != nil {
		return false, err
	}
	holds, ok := value.(bool)
	if !ok {
		return false, fmt.Errorf("%v is not a condition", expression)
	}
	return holds, nil
}

func (d *Deployment) logic(t *Template, name string, argument any) (any, error) {
	list, _ := argument.([]any)
	if name == "Fn::Equals" {
		resolved, err := d.resolveList(t, list)
		if err != nil {
			return nil, err
		}
		pair := resolved.([]any)
		return len(pair) == 2 && reflect.DeepEqual(text(pair[0]), text(pair[1])), nil
	}
	holds := name != "Fn::Or"
	for _, part := range list {
		each, err := d.truth(t, part)
		if err != nil {
			return nil, err
		}
		switch name {
		case "Fn::Not":
			return !each, nil
		case "Fn::And":
			holds = holds && each
		default:
			holds = holds || each
		}
	}
	return holds, nil
}

func (d *Deployment) importValue(name any) (any, error) {
	for _, t := range d.templates {
		for _, id := range slices.Sorted(maps.Keys(t.Outputs)) {
			output := t.Outputs[id]
			exported, err := d.resolve(t, output.Export.Name)
			if err != nil {
				return nil, err
			}
			if exported != nil && text(exported) == text(name) {
				return d.resolve(t, output.Value)
			}
		}
	}
	return nil, fmt.Errorf("no stack exports %v", name)
}

// stackOutput reads the output of another stack of the same deployment, exported or not.
func (d *Deployment) stackOutput(argument any) (any, error) {
	fields, _ := argument.(map[string]any)
	stack, name := text(fields["StackName"]), text(fields["OutputName"])
	for _, t := range d.templates {
		if output, ok := t.Outputs[name]; ok && t.Name == stack {
			return d.resolve(t, output.Value)
		}
	}
	return nil, fmt.Errorf("stack %q has no output %q", stack, name)
}

func join(argument any) (any, error) {
	list, ok := argument.([]any)
	if !ok || len(list) != 2 {
		return nil, fmt.Errorf("Fn::Join wants a delimiter and a list")
	}
	items, ok := list[1].([]any)
	if !ok {
		return nil, fmt.Errorf("Fn::Join wants a list, not %v", list[1])
	}
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = text(item)
	}
	return strings.Join(parts, text(list[0])), nil
}

func selectItem(argument any) (any, error) {
	list, ok := argument.([]any)
	if !ok || len(list) != 2 {
		return nil, fmt.Errorf("Fn::Select wants an index and a list")
	}
	items, _ := list[1].([]any)
	var index int
	if _, err := fmt.Sscan(text(list[0]), &index); err != nil || index < 0 || index >= len(items) {
		return nil, fmt.Errorf("Fn::Select: no item %v in a list of %d", list[0], len(items))
	}
	return items[index], nil
}

func split(argument any) (any, error) {
	list, ok := argument.([]any)
	if !ok || len(list) != 2 {
		return nil, fmt.Errorf("Fn::Split wants a delimiter and a text")
	}
	var parts []any
	for _, part := range strings.Split(text(list[1]), text(list[0])) {
		parts = append(parts, part)
	}
	return parts, nil
}

// text is a scalar as CloudFormation would write it into a string.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(value)
}
