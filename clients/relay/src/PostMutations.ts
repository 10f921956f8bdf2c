import { graphql } from "react-relay";

export const createPost = graphql`
  mutation PostMutationsCreateMutation($input: CreatePostInput!, $connections: [ID!]!) {
    createPost(input: $input) {
      edge @prependEdge(connections: $connections) {
        cursor
        node {
          id
          ...PostCard_post
        }
      }
      errors {
        message
        code
        path
      }
    }
  }
`;

export const updatePost = graphql`
  mutation PostMutationsUpdateMutation($id: ID!, $input: UpdatePostInput!) {
    updatePost(id: $id, input: $input) {
      post {
        id
        ...PostCard_post
      }
      errors {
        message
        code
        path
      }
    }
  }
`;

export const deletePost = graphql`
  mutation PostMutationsDeleteMutation($id: ID!, $connections: [ID!]!) {
    deletePost(id: $id) {
      deletedId @deleteEdge(connections: $connections)
      errors {
        message
        code
      }
    }
  }
`;
