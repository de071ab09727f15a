package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// checkStores compares the tables and buckets of templates with the data map: what is
// tagged as holding personal data must be in it, and what is in it must be deployed and
// tagged. It returns one sentence per difference.
func checkStores(m *datamap.Map, templates map[string]template) []string {
	var problems []string
	deployed := map[string]bool{}
	for stack, t := range templates {
		for id, r := range t.Resources {
			if !holdsData(r) {
				continue
			}
			tags := tagsOf(r)
			store, listed := m.Store(tags[storeTag])
			switch {
			case tags[personalTag] != "true" && listed:
				problems = append(problems, fmt.Sprintf(
					"%s/%s is store %q of the data map and lacks the tag %s=true", stack, id, store.Name, personalTag))
			case tags[personalTag] != "true":
				problems = append(problems, fmt.Sprintf(
					"%s/%s says nothing about personal data: list it in shared/datamap/datamap.yaml and tag it", stack, id))
			case !listed:
				problems = append(problems, fmt.Sprintf(
					"%s/%s is tagged %s and its store %q is not in shared/datamap/datamap.yaml: nothing would delete it",
					stack, id, personalTag, tags[storeTag]))
			}
			deployed[tags[storeTag]] = true
		}
	}
	for _, store := range m.Stores {
		tagged := store.Kind == "table" || store.Kind == "bucket"
		if !deployed[store.Name] && tagged {
			problems = append(problems, fmt.Sprintf("store %q of the data map is in no stack under the tag %s", store.Name, storeTag))
		}
	}
	slices.Sort(problems)
	return problems
}

func holdsData(r resource) bool {
	return strings.HasPrefix(r.Type, "AWS::DynamoDB::") || r.Type == "AWS::S3::Bucket"
}

// tagsOf a table or bucket. A global table has its tags on each replica.
func tagsOf(r resource) map[string]string {
	lists := []any{r.Properties["Tags"]}
	replicas, _ := r.Properties["Replicas"].([]any)
	for _, replica := range replicas {
		if fields, ok := replica.(map[string]any); ok {
			lists = append(lists, fields["Tags"])
		}
	}
	tags := map[string]string{}
	for _, list := range lists {
		entries, _ := list.([]any)
		for _, entry := range entries {
			fields, _ := entry.(map[string]any)
			key, _ := fields["Key"].(string)
			value, _ := fields["Value"].(string)
			tags[key] = value
		}
	}
	return tags
}
