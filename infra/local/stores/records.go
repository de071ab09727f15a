package stores

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"golang.org/x/sync/errgroup"

	"github.com/mikla-ai/data-deletion/infra/local/provision"
)

const (
	batchSize   = 25
	parallel    = 4
	tokenStore  = "channels"
	maxAttempts = 8
	// tokenAttribute is ciphertext in the table and readable in the seed.
	tokenAttribute = "access_token"
)

func (s *Stores) putItems(ctx context.Context, store provision.Store, items []item) error {
	writes, err := s.writes(ctx, store, items)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for batch := range slices.Chunk(writes, batchSize) {
		group.Go(func() error { return s.writeBatch(ctx, store.Physical, batch) })
	}
	return group.Wait()
}

// writes makes one write for each key: a batch may not hold a key twice, and of two
// items the later one counts.
func (s *Stores) writes(ctx context.Context, store provision.Store, items []item) ([]types.WriteRequest, error) {
	var writes []types.WriteRequest
	position := map[string]int{}
	for _, it := range items {
		sealed, err := s.sealToken(ctx, store, it)
		if err != nil {
			return nil, err
		}
		write := types.WriteRequest{PutRequest: &types.PutRequest{Item: attributes(sealed)}}
		key := keyText(store, it)
		if i, seen := position[key]; seen {
			writes[i] = write
			continue
		}
		position[key] = len(writes)
		writes = append(writes, write)
	}
	return writes, nil
}

func (s *Stores) writeBatch(ctx context.Context, table string, batch []types.WriteRequest) error {
	left := map[string][]types.WriteRequest{table: batch}
	for range maxAttempts {
		answer, err := s.dynamodb.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: left})
		if err != nil {
			return err
		}
		if left = answer.UnprocessedItems; len(left) == 0 {
			return nil
		}
	}
	return fmt.Errorf("items stayed unprocessed after %d attempts", maxAttempts)
}

func (s *Stores) records(ctx context.Context, store provision.Store) ([]any, error) {
	pages := dynamodb.NewScanPaginator(s.dynamodb, &dynamodb.ScanInput{TableName: aws.String(store.Physical), ConsistentRead: aws.Bool(true)})
	items := []item{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, attributes := range page.Items {
			items = append(items, s.openToken(ctx, store, values(attributes)))
		}
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(keyText(store, a), keyText(store, b)) })
	list := make([]any, len(items))
	for i, it := range items {
		list[i] = it
	}
	return list, nil
}

func (s *Stores) countRecords(ctx context.Context, store provision.Store) (int, error) {
	pages := dynamodb.NewScanPaginator(s.dynamodb, &dynamodb.ScanInput{TableName: aws.String(store.Physical), Select: types.SelectCount})
	count := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, err
		}
		count += int(page.Count)
	}
	return count, nil
}

// keyText orders and compares items by their key.
func keyText(store provision.Store, it item) string {
	var parts []string
	for _, name := range store.Key {
		parts = append(parts, fmt.Sprint(it[name]))
	}
	return strings.Join(parts, "\x00")
}

// sealToken encrypts a channel's token as Mikla's backend does: with KMS, under the
// context of tenant and channel, base64 of the ciphertext.
func (s *Stores) sealToken(ctx context.Context, store provision.Store, it item) (item, error) {
	token, ok := it[tokenAttribute].(string)
	if !ok || store.Name != tokenStore {
		return it, nil
	}
	sealed, err := s.kms.Encrypt(ctx, &kms.EncryptInput{
		KeyId: aws.String(store.KMSKey), Plaintext: []byte(token), EncryptionContext: tokenContext(it),
	})
	if err != nil {
		return nil, fmt.Errorf("encrypt token: %w", err)
	}
	return with(it, tokenAttribute, base64.StdEncoding.EncodeToString(sealed.CiphertextBlob)), nil
}

// openToken shows a token as it was seeded. What does not open is shown as it is.
func (s *Stores) openToken(ctx context.Context, store provision.Store, it item) item {
	text, ok := it[tokenAttribute].(string)
	if !ok || store.Name != tokenStore {
		return it
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return it
	}
	opened, err := s.kms.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed, EncryptionContext: tokenContext(it)})
	if err != nil {
		return it
	}
	return with(it, tokenAttribute, string(opened.Plaintext))
}

func tokenContext(it item) map[string]string {
	return map[string]string{"tenant_id": fmt.Sprint(it["tenant_id"]), "channel_id": fmt.Sprint(it["channel_id"])}
}

func with(it item, name string, value any) item {
	changed := item{}
	for n, v := range it {
		changed[n] = v
	}
	changed[name] = value
	return changed
}

func attributes(it item) map[string]types.AttributeValue {
	list := map[string]types.AttributeValue{}
	for name, value := range it {
		list[name] = attribute(value)
	}
	return list
}

func attribute(value any) types.AttributeValue {
	switch v := value.(type) {
	case string:
		return &types.AttributeValueMemberS{Value: v}
	case json.Number:
		return &types.AttributeValueMemberN{Value: v.String()}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}
	case []any:
		list := []types.AttributeValue{}
		for _, element := range v {
			list = append(list, attribute(element))
		}
		return &types.AttributeValueMemberL{Value: list}
	case map[string]any:
		return &types.AttributeValueMemberM{Value: attributes(v)}
	}
	return &types.AttributeValueMemberNULL{Value: true}
}

func values(list map[string]types.AttributeValue) item {
	it := item{}
	for name, value := range list {
		it[name] = plain(value)
	}
	return it
}

// plain is the JSON of an attribute. Binary values, which no seed has, appear as
// base64; sets as sorted lists.
func plain(value types.AttributeValue) any {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return json.Number(v.Value)
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberB:
		return v.Value
	case *types.AttributeValueMemberL:
		list := []any{}
		for _, element := range v.Value {
			list = append(list, plain(element))
		}
		return list
	case *types.AttributeValueMemberM:
		return values(v.Value)
	case *types.AttributeValueMemberSS:
		return slices.Sorted(slices.Values(v.Value))
	case *types.AttributeValueMemberNS:
		numbers := []json.Number{}
		for _, n := range slices.Sorted(slices.Values(v.Value)) {
			numbers = append(numbers, json.Number(n))
		}
		return numbers
	case *types.AttributeValueMemberBS:
		return v.Value
	}
	return nil
}

const digitsOfANumber = 38

// checkNumbers finds numbers that DynamoDB would round or refuse.
func checkNumbers(value any) string {
	switch v := value.(type) {
	case map[string]any:
		for _, element := range v {
			if problem := checkNumbers(element); problem != "" {
				return problem
			}
		}
	case []any:
		for _, element := range v {
			if problem := checkNumbers(element); problem != "" {
				return problem
			}
		}
	case json.Number:
		mantissa, _, _ := strings.Cut(strings.ToLower(v.String()), "e")
		digits := strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(mantissa), "0")
		if len(digits) > digitsOfANumber {
			return fmt.Sprintf("the number %s has more than %d digits", v, digitsOfANumber)
		}
	}
	return ""
}
