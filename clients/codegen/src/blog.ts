// Uses the generated types as an application would; it is compiled, never run.
import { readFragment, type FragmentType } from "../generated";
import type {
  CreateTagMutation,
  PostFilter,
  PostsByTagQuery,
  ProductByKeyQuery,
} from "../generated/graphql";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";

import {
  AnyNode,
  CreateTag,
  PostCard,
  PostsByTag,
  ProductByKey,
  SearchPosts,
  UpdatePost,
} from "./documents";

declare function execute<Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result>;

export function describePost(post: FragmentType<typeof PostCard>): string {
  const card = readFragment(PostCard, post);
  // A generated to-one field may be null: a policy can hide its target.
  const author: string = card.author?.username ?? "somebody";
  const tags: string[] = card.tags.nodes.map((tag) => tag.name);
  const views: number = card.viewCount;
  const created: string = card.createdAt;
  return `${card.title} by ${author}, ${created}, ${views} views: ${tags.join(", ")}`;
}

export async function listPosts(tag: string): Promise<string[]> {
  const page: PostsByTagQuery = await execute(PostsByTag, { tag, first: 10 });
  const total: number = page.posts.totalCount;
  const cursor: string | null | undefined = page.posts.pageInfo.endCursor;
  return [`${total} posts up to ${cursor ?? "the end"}`, ...page.posts.nodes.map(describePost)];
}

export async function nameNode(id: string): Promise<string | undefined> {
  const { node } = await execute(AnyNode, { id });
  return node?.__typename === "User" ? node.username : node?.__typename;
}

export async function readPrice(slug: string): Promise<string> {
  const { productBy }: ProductByKeyQuery = await execute(ProductByKey, { key: { slug } });
  // Decimals keep their digits: they are texts.
  const price: string = productBy?.price ?? "0";
  const attributes: unknown = productBy?.attributes;
  return `${price} ${JSON.stringify(attributes)}`;
}

export async function searchPosts(text: string): Promise<string[]> {
  const where: PostFilter = {
    or: [{ title: { icontains: text } }, { tags: { some: { name: { in: [text] } } } }],
    not: { title: { eq: "" } },
  };
  const { posts } = await execute(SearchPosts, { where, orderBy: [{ createdAt: "DESC" }] });
  return posts.edges.map((edge) => `${edge.cursor} ${edge.node.id}`);
}

export async function createTag(name: string): Promise<string[]> {
  const { createTag: payload }: CreateTagMutation = await execute(CreateTag, { input: { name } });
  return (payload?.errors ?? []).map((error) =>
    error.__typename === "UniqueViolation"
      ? `taken: ${error.fields.join(", ")}`
      : `${error.code} at ${error.path.join(".")}: ${error.message}`,
  );
}

export async function renamePost(id: string, title: string): Promise<string | undefined> {
  const { updatePost } = await execute(UpdatePost, { id, input: { title } });
  return updatePost?.post ? describePost(updatePost.post) : updatePost?.errors[0]?.message;
}

export async function misuse(): Promise<void> {
  // @ts-expect-error: a required variable is missing
  await execute(PostsByTag, { tag: "python" });
  // @ts-expect-error: no such column to order by
  await execute(SearchPosts, { orderBy: [{ nothing: "ASC" }] });
  // @ts-expect-error: exactly one key at a time
  await execute(ProductByKey, { key: { slug: "x", sku: "y" } });
}
