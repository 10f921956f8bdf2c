import { graphql } from "react-relay";

/** The list on the front page, one page more at each "load more". */
export const postList = graphql`
  fragment PostList_query on Query
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 10 }
    cursor: { type: "String" }
    where: { type: "PostFilter" }
  )
  @refetchable(queryName: "PostListPaginationQuery") {
    posts(first: $count, after: $cursor, where: $where, orderBy: [{ createdAt: DESC }])
      @connection(key: "PostList_posts", filters: ["where", "orderBy"]) {
      totalCount
      edges {
        node {
          id
          ...PostCard_post
        }
      }
    }
  }
`;

export const postListQuery = graphql`
  query PostListQuery($where: PostFilter) {
    ...PostList_query @arguments(where: $where)
  }
`;
