package keys

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// KMS wraps tenants' keys under a key of KMS, each in the context of its tenant's name.
type KMS struct {
	Client *kms.Client
	KeyID  string
}

func inContext(tenant string) map[string]string {
	return map[string]string{"use": "snapshot key of a tenant", "tenant": tenant}
}

func (r KMS) Wrap(ctx context.Context, key []byte, tenant string) ([]byte, error) {
	out, err := r.Client.Encrypt(ctx, &kms.EncryptInput{KeyId: aws.String(r.KeyID), Plaintext: key, EncryptionContext: inContext(tenant)})
	if err != nil {
		return nil, fault.Wrap("wrap a tenant's snapshot key", err)
	}
	return out.CiphertextBlob, nil
}

func (r KMS) Unwrap(ctx context.Context, wrapped []byte, tenant string) ([]byte, error) {
	out, err := r.Client.Decrypt(ctx, &kms.DecryptInput{KeyId: aws.String(r.KeyID), CiphertextBlob: wrapped, EncryptionContext: inContext(tenant)})
	if wrong := (*types.InvalidCiphertextException)(nil); errors.As(err, &wrong) {
		return nil, fault.As(fault.Permanent, "unwrap a tenant's snapshot key: it was changed, moved, or wrapped for another tenant", err)
	}
	if err != nil {
		return nil, fault.Wrap("unwrap a tenant's snapshot key", err)
	}
	return out.Plaintext, nil
}
