// What a small blog and shop ask of the bundled application.
import { graphql } from "../generated";

export const PostCard = graphql(`
  fragment PostCard on Post {
    id
    title
    createdAt
    viewCount
    author {
      id
      username
    }
    tags(first: 3, orderBy: [{ name: ASC }]) {
      nodes {
        id
        name
      }
    }
  }
`);

export const PostsByTag = graphql(`
  query PostsByTag($tag: String!, $first: Int!, $after: String) {
    posts(
      where: { tags: { some: { name: { eq: $tag } } } }
      orderBy: [{ createdAt: DESC }]
      first: $first
      after: $after
    ) {
      totalCount
      nodes {
        ...PostCard
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const AnyNode = graphql(`
  query AnyNode($id: ID!) {
    node(id: $id) {
      __typename
      id
      ...PostCard
      ... on User {
        username
      }
    }
  }
`);

export const ProductByKey = graphql(`
  query ProductByKey($key: ProductKey!) {
    productBy(key: $key) {
      id
      slug
      price
      attributes
    }
  }
`);

export const SearchPosts = graphql(`
  query SearchPosts($where: PostFilter, $orderBy: [PostOrder!]) {
    posts(where: $where, orderBy: $orderBy, first: 20) {
      edges {
        cursor
        node {
          id
          rowId
        }
      }
    }
  }
`);

export const CreateTag = graphql(`
  mutation CreateTag($input: CreateTagInput!) {
    createTag(input: $input) {
      tag {
        id
        name
      }
      errors {
        __typename
        message
        code
        path
        ... on UniqueViolation {
          fields
        }
      }
    }
  }
`);

export const UpdatePost = graphql(`
  mutation UpdatePost($id: ID!, $input: UpdatePostInput!) {
    updatePost(id: $id, input: $input) {
      post {
        ...PostCard
      }
      errors {
        message
        path
      }
    }
  }
`);
