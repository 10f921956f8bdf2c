import { graphql } from "react-relay";

export const postCard = graphql`
  fragment PostCard_post on Post {
    title
    createdAt
    author {
      username
    }
    tags(first: 3) {
      nodes {
        name
      }
    }
  }
`;
